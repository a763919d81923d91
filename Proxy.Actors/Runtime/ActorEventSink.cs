namespace Proxy.Actors.Runtime;

/// <summary>Keeps a throwing observer from breaking a life cycle half-way.</summary>
internal sealed class ActorEventSink(IActorEvents observer)
{
    public void Report<TState>(Action<IActorEvents, TState> report, TState state)
    {
        try
        {
            report(observer, state);
        }
        catch (Exception)
        {
            // There is nobody left to tell: the observer is the one who logs.
        }
    }
}
