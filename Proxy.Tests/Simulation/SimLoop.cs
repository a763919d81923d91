using System.Runtime.CompilerServices;
using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>The event loop of tests: one thread, virtual time, a network in memory, every choice drawn from one
/// seed. The same seed gives the same <see cref="TraceHash"/>.</summary>
internal sealed class SimLoop : IEventLoop
{
    /// <summary>Largest piece of data a handler is shown at a time.</summary>
    public const int ReceiveBytes = 16 * 1024;

    private const ulong FnvPrime = 1099511628211;

    /// <summary>Time of a turn that had something to do already.</summary>
    private const long TurnMicroseconds = 20;

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly List<SimChannel> _ready = [];
    private readonly byte[] _receive = new byte[Channel.Headroom + ReceiveBytes + Channel.Tailroom];
    private readonly List<ITurnEnd> _collectors = [];
    private long _order;

    public SimLoop(int seed, long bufferBytes = long.MaxValue)
    {
        Random = new Random(seed);
        Buffers = new BufferPool(bufferBytes);
        Network = new SimNetwork(this);
        Now = 1_000_000 + Random.NextInt64(100_000_000);
        Timers = new TimerWheel(Now, error => Failures.Add(error));
    }

    public Random Random { get; }

    public SimNetwork Network { get; }

    public int Index => 0;

    public long Now { get; private set; }

    public long UnixMicroseconds => Now + 1_900_000_000_000_000;

    public BufferPool Buffers { get; }

    public TimerWheel Timers { get; }

    /// <summary>What handlers and timer targets threw: bugs, all of them.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>Gets what happens on the wires, for looking at one run.</summary>
    public Action<string>? Log { get; set; }

    public long Turns { get; private set; }

    public ulong TraceHash { get; private set; } = 14695981039346656037;

    public IListening Listen(SocketTarget bind, int backlog, IAcceptor acceptor, bool join) =>
        Network.Listen(bind, acceptor);

    public IListening Inherit(int descriptor, SocketTarget bind, int backlog, IAcceptor acceptor) =>
        throw new NotSupportedException("there is one process only");

    public Channel Connect(SocketTarget target, IChannelHandler handler) => Network.ConnectOut(target, handler);

    public void Post(ILoopTask task) => After(0, task.Run);

    public void AtTurnEnd(ITurnEnd collector) => _collectors.Add(collector);

    /// <summary>Has something happen in the world outside; in a later turn, however short the delay.</summary>
    public void After(long delay, Action action) => _events.Enqueue(action, (Now + delay, _order++));

    /// <summary>One turn of the loop at the next time at which anything happens; false when nothing ever
    /// will.</summary>
    public bool Turn()
    {
        long next = _events.TryPeek(out _, out (long At, long Order) first) ? first.At : long.MaxValue;
        if (_ready.Count > 0)
        {
            next = Now + TurnMicroseconds;
        }

        // A kernel waits in whole milliseconds, and never wakes early.
        long wake = Timers.NextWake(Now);
        if (wake >= 0)
        {
            next = Math.Min(next, Now + ((wake + 999) / 1000 * 1000));
        }

        if (next == long.MaxValue)
        {
            return false;
        }

        Now = Math.Max(Now, next);
        Turns++;
        long until = _order;
        while (_events.TryPeek(out Action? action, out (long At, long Order) due) && due.At <= Now && due.Order < until)
        {
            _events.Dequeue();
            action();
        }

        Timers.Advance(Now);
        RunReady();
        RunCollectors();
        return true;
    }

    /// <summary>Adds an observation to the trace.</summary>
    public void Note(long what, long amount)
    {
        Mix((ulong)Now);
        Mix((ulong)what);
        Mix((ulong)amount);
    }

    internal void MakeReady(SimChannel channel) => _ready.Add(channel);

    /// <summary>Shows bytes to a handler at a place drawn from the seed, surrounded by garbage, and spoils all of it
    /// afterwards: the port lets nobody keep a reference.</summary>
    internal void Deliver(SimChannel channel, SimPipe from)
    {
        int count = Random.Next(3) == 0 ? 1 + Random.Next(Math.Min(from.Arrived, ReceiveBytes)) : ReceiveBytes;
        count = Math.Min(count, from.Arrived);
        int offset = Random.Next(2) == 0 ? Channel.Headroom : _receive.Length - Channel.Tailroom - count;
        from.Read(_receive.AsSpan(offset, count));
        Note(channel.Number, count);
        Guard(channel, () => channel.Handler.OnData(_receive, offset, count));
        Unsafe.InitBlock(
            ref _receive[offset - Channel.Headroom], Garbage(), (uint)(count + Channel.Headroom + Channel.Tailroom));
        SpoilFreeBuffers();
    }

    internal void Guard(SimChannel channel, Action call)
    {
        try
        {
            call();
        }
        catch (Exception error)
        {
            Failures.Add(error);
            channel.Fail(ChannelError.HandlerFailed);
        }
    }

    private byte Garbage() => (byte)Random.Next(256);

    /// <summary>What was returned last is what a mistaken owner would still use.</summary>
    private void SpoilFreeBuffers()
    {
        for (int size = 1024; size <= 16 * 1024; size *= 2)
        {
            byte[] free = Buffers.Rent(size);
            Array.Fill(free, Garbage());
            Buffers.Return(free);
        }
    }

    private void RunReady()
    {
        int count = _ready.Count;
        for (int i = 0; i < count; i++)
        {
            SimChannel channel = _ready[i];
            Guard(channel, channel.OnReady);
        }

        _ready.RemoveRange(0, count);
    }

    private void RunCollectors()
    {
        for (int i = 0; i < _collectors.Count; i++)
        {
            try
            {
                _collectors[i].OnTurnEnd();
            }
            catch (Exception error)
            {
                Failures.Add(error);
            }
        }

        _collectors.Clear();
    }

    private void Mix(ulong value) => TraceHash = unchecked((TraceHash ^ value) * FnvPrime);
}
