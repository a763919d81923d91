using Microsoft.Extensions.Logging;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>The one thread of the connections between nodes. It waits for all of their sockets and for what loops
/// write, with microseconds of precision: what a loop wrote is on its way after one thread woke, and known at the peer
/// after one more. The pool of threads would add a timer of 4 ms and its own waking and spinning to each.</summary>
/// <param name="turn">The mesh's own work, before every wait; answers how many microseconds it has time.</param>
internal sealed class PeerLoop(Func<long> turn, ILogger logger) : IAsyncDisposable
{
    private const int FirstCapacity = 16;

    private readonly Lock _lock = new();
    private readonly List<LoopStream> _streams = [];
    private readonly List<LoopStream> _polled = [];
    private readonly WakeSignal _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PollSet _polls = new(FirstCapacity);
    private int _capacity = FirstCapacity;
    private int _thread;
    private bool _isStarted;
    private int _wakers;
    private int _disposed;
    private bool _stopping;

    public void Start()
    {
        _isStarted = true;
        new Thread(Run) { IsBackground = true, Name = "peers" }.Start();
    }

    /// <summary>Any thread, and without waiting, for loops call it: something is to be done or to be waited for.
    /// </summary>
    public void Wake()
    {
        if (Environment.CurrentManagedThreadId == Volatile.Read(ref _thread))
        {
            return;
        }

        Interlocked.Increment(ref _wakers);
        // Its descriptor may be somebody else's by then.
        if (Volatile.Read(ref _disposed) == 0)
        {
            _wake.Set();
        }

        Interlocked.Decrement(ref _wakers);
    }

    public void Add(LoopStream stream)
    {
        lock (_lock)
        {
            _streams.Add(stream);
        }
    }

    public void Remove(LoopStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
        }
    }

    /// <summary>Nothing goes on afterwards; what waits is ended by closing it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            Volatile.Write(ref _stopping, true);
            _wake.Set();
            await _ended.Task;
        }

        Interlocked.Exchange(ref _disposed, 1);
        while (Volatile.Read(ref _wakers) != 0)
        {
            await Task.Yield();
        }

        _polls.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        Volatile.Write(ref _thread, Environment.CurrentManagedThreadId);
        while (!Volatile.Read(ref _stopping))
        {
            try
            {
                RunOnce();
            }
            catch (Exception error)
            {
                PeerLog.HandlerFailed(logger, "loop", error);
            }
        }

        _ended.SetResult();
    }

    private void RunOnce()
    {
        long patience = turn();
        Fill();
        _polls.Wait(patience);
        if (_polls.IsReady(0))
        {
            _wake.Clear();
        }

        for (int i = 0; i < _polled.Count; i++)
        {
            if (_polls.IsReady(i + 1))
            {
                _polled[i].OnReady();
            }
        }
    }

    private void Fill()
    {
        _polls.Clear();
        _polled.Clear();
        lock (_lock)
        {
            if (_streams.Count >= _capacity)
            {
                _polls.Dispose();
                _capacity = _streams.Count * 2;
                _polls = new PollSet(_capacity);
            }

            _polls.Add(_wake.Handle);
            foreach (LoopStream stream in _streams)
            {
                if (stream.WaitsToRead || stream.WaitsToWrite)
                {
                    _polls.Add(stream.Descriptor, stream.WaitsToRead, stream.WaitsToWrite);
                    _polled.Add(stream);
                }
            }
        }
    }
}
