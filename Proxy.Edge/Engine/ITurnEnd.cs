namespace Proxy.Edge.Engine;

/// <summary>Wants to be called once at the end of the loop's turn: whoever collects what is written during a turn, so
/// that many messages leave in one system call.</summary>
public interface ITurnEnd
{
    void OnTurnEnd();
}
