using Proxy.Edge.Engine;
using Proxy.Edge.Os.Network;

namespace Proxy.Edge.Node;

/// <summary>Whether the loops still turn: asked again and again by whoever has to notice that one does not. One thread
/// asks. Allocates nothing.</summary>
public sealed class LoopPulse
{
    private readonly Beat[] _beats;

    internal LoopPulse(IEnumerable<IEventLoop> loops) => _beats = [.. loops.Select(static loop => new Beat(loop))];

    /// <summary>How many loops there are.</summary>
    public int Count => _beats.Length;

    /// <summary>Whether the loop has taken a turn since it was asked; true before the first question.</summary>
    public bool IsAnswered(int loop) => _beats[loop].IsAnswered;

    /// <summary>The kernel's number of the loop's thread; 0 before its first answer.</summary>
    public int ThreadOf(int loop) => _beats[loop].Thread;

    /// <summary>A loop that has not answered yet is not asked twice.</summary>
    public void Ask(int loop)
    {
        if (_beats[loop].IsAnswered)
        {
            _beats[loop].Ask();
        }
    }

    private sealed class Beat(IEventLoop loop) : ILoopTask
    {
        private bool _isAnswered = true;
        private int _thread;

        public bool IsAnswered => Volatile.Read(ref _isAnswered);

        public int Thread => Volatile.Read(ref _thread);

        public void Ask()
        {
            Volatile.Write(ref _isAnswered, false);
            loop.Post(this);
        }

        public void Run()
        {
            if (_thread == 0)
            {
                Volatile.Write(ref _thread, KernelThread.CurrentId);
            }

            Volatile.Write(ref _isAnswered, true);
        }
    }
}
