using Proxy.Edge.Engine;

namespace Proxy.Edge.Node;

/// <summary>Whether the loops still turn: asked again and again by whoever has to notice that they do not. One thread
/// asks. Allocates nothing.</summary>
public sealed class LoopPulse
{
    private readonly Beat[] _beats;

    internal LoopPulse(IEnumerable<IEventLoop> loops) => _beats = [.. loops.Select(static loop => new Beat(loop))];

    /// <summary>True when every loop has taken a turn since the last call; then they are asked again. The first call
    /// only asks.</summary>
    public bool Take()
    {
        foreach (Beat beat in _beats)
        {
            if (!beat.IsAnswered)
            {
                return false;
            }
        }

        foreach (Beat beat in _beats)
        {
            beat.Ask();
        }

        return true;
    }

    private sealed class Beat(IEventLoop loop) : ILoopTask
    {
        private bool _isAnswered = true;

        public bool IsAnswered => Volatile.Read(ref _isAnswered);

        public void Ask()
        {
            Volatile.Write(ref _isAnswered, false);
            loop.Post(this);
        }

        public void Run() => Volatile.Write(ref _isAnswered, true);
    }
}
