using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>A second thread on a processor of its own that says adverts while the loop is held up. Real-time priority
/// does not help when a hypervisor takes a processor away, or when the kernel works on it for long: every peer would
/// take a master for dead that only its processor kept from speaking. With one processor nobody stands in.</summary>
internal sealed class AdvertStandIn : IDisposable
{
    private readonly AdvertSender _sender;
    private readonly GuardClock _clock = new();
    private readonly WakeSignal _wake = new();
    private readonly PollSet _polls = new(1);
    private readonly Thread _thread;
    private AdvertBeat[] _beats = [];
    private volatile bool _isEnding;

    private AdvertStandIn(AdvertSender sender, int processor, int priority)
    {
        _sender = sender;
        _thread = new Thread(() => Run(processor, priority), maxStackSize: 256 * 1024)
        {
            Name = "vip-stand-in",
            IsBackground = true,
        };
    }

    /// <summary>Takes the last processor this process may use, and leaves the others to the calling thread, which is
    /// the loop's. Null when there is only one, or the kernel refuses the sockets.</summary>
    /// <param name="priority">Real-time priority of the new thread.</param>
    public static AdvertStandIn? Start(int priority)
    {
        int[] processors = KernelThread.Processors();
        if (processors.Length < 2 || AdvertSender.Open(out _) is not { } sender)
        {
            return null;
        }

        var standIn = new AdvertStandIn(sender, processors[^1], priority);
        standIn._thread.Start();
        KernelThread.TryStayOn(processors.AsSpan(0, processors.Length - 1));
        return standIn;
    }

    /// <summary>Stands in for these from now on, and for no others.</summary>
    public void Watch(ReadOnlySpan<GuardedRouter> routers)
    {
        var beats = new AdvertBeat[routers.Length];
        for (int i = 0; i < routers.Length; i++)
        {
            beats[i] = routers[i].Beat;
        }

        foreach (AdvertBeat gone in _beats.Except(beats))
        {
            gone.Withdraw();
        }

        Volatile.Write(ref _beats, beats);
        Wake();
    }

    /// <summary>After the first promise of a beat: the thread may be asleep for good.</summary>
    public void Wake() => _wake.Set();

    public void Dispose()
    {
        _isEnding = true;
        _wake.Set();
        _thread.Join();
        _sender.Dispose();
        _wake.Dispose();
        _polls.Dispose();
    }

    private void Run(int processor, int priority)
    {
        KernelThread.TryStayOn([processor]);
        RealTimeScheduling.TryEnter(priority);
        while (!_isEnding)
        {
            AdvertBeat[] beats = Volatile.Read(ref _beats);
            long now = _clock.Now;
            long next = long.MaxValue;
            foreach (AdvertBeat beat in beats)
            {
                beat.Cover(now, _sender);
                next = Math.Min(next, beat.NextLook);
            }

            _polls.Clear();
            _polls.Add(_wake.Handle);
            if (_polls.Wait(next == long.MaxValue ? -1 : Math.Max(0, next - _clock.Now)) > 0)
            {
                _wake.Clear();
            }
        }
    }
}
