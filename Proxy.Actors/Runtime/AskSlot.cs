using System.Threading.Tasks.Sources;

namespace Proxy.Actors.Runtime;

/// <summary>
/// One question under way, pooled. <c>_state</c> holds generation × 4 + phase. The generation grows with each use and
/// has 62 bits, so a late reply or a late timer can never pass for one of the present use. Whoever moves Pending to
/// Done owns the outcome; everybody else has lost and touches nothing.
/// </summary>
internal sealed class AskSlot<TReply> : IValueTaskSource<TReply>, IRunnable
{
    private const long Free = 0;
    private const long Pending = 1;
    private const long Rearming = 2;
    private const long Done = 3;
    private const long PhaseMask = 3;
    private const int PhaseBits = 2;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly AskPool<TReply> _pool;
    private readonly TimeProvider _time;
    private long _state;
    private long _deadline; // timestamp of _time; long.MaxValue without time-out; written before Pending is published
    private ITimer? _timer;
    private IAskCompletion<TReply>? _completion;
    private long _cookie;
    private Result<TReply> _result;
    private CancellationTokenRegistration _cancellation;
    private ManualResetValueTaskSourceCore<TReply> _source;

    public AskSlot(AskPool<TReply> pool)
    {
        _pool = pool;
        _time = pool.Dispatcher.Time;
    }

    public string Path => "/ask";

    /// <summary>Opens for awaiting.</summary>
    public long Open(TimeSpan? timeout) => Publish(timeout, null, 0);

    /// <summary>Opens for a callback.</summary>
    public long Open(TimeSpan? timeout, IAskCompletion<TReply> completion, long cookie)
    {
        return Publish(timeout, completion, cookie);
    }

    /// <summary>To be taken before the question is sent: afterwards the slot may belong to another asker.</summary>
    public ValueTask<TReply> Task => new(this, _source.Version);

    public void CancelWith(CancellationToken cancellation)
    {
        if (!cancellation.CanBeCanceled)
        {
            return;
        }

        // The callback cannot outlive this use: recycling disposes the registration, which waits for a running
        // callback.
        _cancellation = cancellation.UnsafeRegister(
            static (slot, token) => ((AskSlot<TReply>)slot!).Cancelled(token),
            this);
    }

    public bool TryComplete(long generation, in Result<TReply> result)
    {
        if (!TryClaim(generation))
        {
            return false;
        }

        Finish(result);
        return true;
    }

    /// <summary>
    /// Takes the question back without an outcome. Only for the callback flavour or before the task is awaited.
    /// </summary>
    public bool TryAbandon(long generation)
    {
        if (!TryClaim(generation))
        {
            return false;
        }

        Disarm();
        Recycle();
        return true;
    }

    // The awaiter's continuation runs here, on the dispatcher, so that a reply never runs foreign code in the
    // replier's turn and a simulation keeps its order.
    void IThreadPoolWorkItem.Execute()
    {
        var result = _result;
        _result = default;
        if (result.Error is { } error)
        {
            _source.SetException(error);
        }
        else
        {
            _source.SetResult(result.Value);
        }
    }

    TReply IValueTaskSource<TReply>.GetResult(short token)
    {
        if (token != _source.Version)
        {
            throw new InvalidOperationException("An Ask must be awaited exactly once.");
        }

        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TReply>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TReply>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags)
    {
        _source.OnCompleted(continuation, state, token, flags);
    }

    private long Publish(TimeSpan? timeout, IAskCompletion<TReply>? completion, long cookie)
    {
        var generation = (_state >> PhaseBits) + 1;
        _completion = completion;
        _cookie = cookie;
        _deadline = timeout is { } wait ? _time.GetTimestamp() + Stamps(wait) : long.MaxValue;
        Volatile.Write(ref _state, (generation << PhaseBits) | Pending);
        if (timeout is { } due)
        {
            _timer ??= _time.CreateTimerWithoutFlow(static slot => ((AskSlot<TReply>)slot!).TimerFired(), this);
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }

        return generation;
    }

    private bool TryClaim(long generation)
    {
        var spin = default(SpinWait);
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state >> PhaseBits != generation)
            {
                return false;
            }

            switch (state & PhaseMask)
            {
                case Pending:
                    if (Interlocked.CompareExchange(ref _state, (generation << PhaseBits) | Done, state) == state)
                    {
                        return true;
                    }

                    break;
                case Rearming:
                    spin.SpinOnce();
                    break;
                default:
                    return false;
            }
        }
    }

    private void Finish(in Result<TReply> result)
    {
        Disarm();
        if (_completion is { } completion)
        {
            var cookie = _cookie;
            Recycle();
            completion.Completed(cookie, result);
            return;
        }

        _result = result;
        _pool.Dispatcher.Schedule(this);
    }

    // The timer object is reused, so this may be a call that was already on its way when an earlier use ended. The
    // deadline of the present use tells: it was written before its state, and the exchange below fails if the state
    // has moved on.
    private void TimerFired()
    {
        var state = Volatile.Read(ref _state);
        if ((state & PhaseMask) != Pending)
        {
            return;
        }

        var generation = state >> PhaseBits;
        var left = Volatile.Read(ref _deadline) - _time.GetTimestamp();
        if (left <= 0)
        {
            TryComplete(generation, new Result<TReply>(new TimeoutException("The actor did not reply in time.")));
            return;
        }

        // Early (coarse timers) or stale. Re-arm while nobody can claim, else this could undo the arming of the next
        // use.
        var rearming = (generation << PhaseBits) | Rearming;
        if (_deadline == long.MaxValue || Interlocked.CompareExchange(ref _state, rearming, state) != state)
        {
            return;
        }

        var wait = TimeSpan.FromSeconds((double)left / _time.TimestampFrequency);
        _timer!.Change(wait > ShortestWait ? wait : ShortestWait, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _state, state);
    }

    private void Cancelled(CancellationToken token)
    {
        var generation = Volatile.Read(ref _state) >> PhaseBits;
        TryComplete(generation, new Result<TReply>(new OperationCanceledException(token)));
    }

    private void Disarm()
    {
        if (_deadline != long.MaxValue)
        {
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Recycle()
    {
        _cancellation.Dispose();
        _cancellation = default;
        _completion = null;
        _source.Reset();
        Volatile.Write(ref _state, _state & ~PhaseMask | Free);
        _pool.Return(this);
    }

    private long Stamps(TimeSpan wait) => (long)(wait.TotalSeconds * _time.TimestampFrequency);
}
