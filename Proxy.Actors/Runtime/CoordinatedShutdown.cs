namespace Proxy.Actors.Runtime;

/// <summary>
/// Runs once through the phases. Tasks of a phase run side by side; a phase ends when all are done or its time is up.
/// Written with callbacks instead of await, so that a simulation controls every step of it.
/// </summary>
public sealed class CoordinatedShutdown
{
    private readonly TimeProvider _time;
    private readonly ActorEventSink _events;
    private readonly Lock _gate = new();
    private readonly Dictionary<ShutdownPhase, List<Work>> _work = [];
    private readonly Dictionary<ShutdownPhase, TimeSpan> _timeouts = [];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    internal CoordinatedShutdown(TimeProvider time, ActorEventSink events)
    {
        _time = time;
        _events = events;
        foreach (var phase in ShutdownPhase.Order)
        {
            _work[phase] = [];
            _timeouts[phase] = phase.DefaultTimeout;
        }
    }

    /// <summary>Why it runs; null as long as it does not.</summary>
    public string? Reason { get; private set; }

    /// <summary>Ends after the last phase. Never fails: failures of tasks are reported one by one.</summary>
    public Task Completion => _done.Task;

    /// <summary>
    /// False when that phase has begun: the task will not run. The token is cancelled when the phase's time is up;
    /// the work should begin quickly and do its waiting asynchronously.
    /// </summary>
    public bool AddTask(ShutdownPhase phase, string name, Func<CancellationToken, ValueTask> work)
    {
        lock (_gate)
        {
            if (Begun(phase))
            {
                return false;
            }

            _work[phase].Add(new Work(name, work));
            return true;
        }
    }

    /// <summary>False when that phase has begun.</summary>
    public bool SetTimeout(ShutdownPhase phase, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (Begun(phase))
            {
                return false;
            }

            _timeouts[phase] = timeout;
            return true;
        }
    }

    /// <summary>Starts, or joins the run under way; the first reason stands.</summary>
    public Task Run(string reason)
    {
        lock (_gate)
        {
            if (Reason is not null)
            {
                return Completion;
            }

            Reason = reason;
        }

        RunPhases();
        return Completion;
    }

    private bool Begun(ShutdownPhase phase)
    {
        for (var i = 0; i < _next; i++)
        {
            if (ShutdownPhase.Order[i] == phase)
            {
                return true;
            }
        }

        return false;
    }

    // Only one thread at a time is here: the one that called Run, then whichever ends a phase.
    private void RunPhases()
    {
        while (true)
        {
            ShutdownPhase phase;
            List<Work> work;
            TimeSpan timeout;
            lock (_gate)
            {
                if (_next == ShutdownPhase.Order.Count)
                {
                    break;
                }

                phase = ShutdownPhase.Order[_next++];
                work = _work[phase];
                timeout = _timeouts[phase];
            }

            if (work.Count > 0 && !new PhaseRun(this, phase, work).EndsAtOnce(timeout))
            {
                return;
            }
        }

        _done.TrySetResult();
    }

    private void Report(ShutdownPhase phase, string task, Exception error)
    {
        _events.Report(
            static (events, it) => events.ShutdownTaskFailed(it.Name, it.task, it.error),
            (phase.Name, task, error));
    }

    private sealed record Work(string Name, Func<CancellationToken, ValueTask> Start);

    /// <summary>One phase under way. Its end is decided once, by the last task or by the timer.</summary>
    private sealed class PhaseRun(CoordinatedShutdown shutdown, ShutdownPhase phase, List<Work> work) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly HashSet<Work> _open = [.. work];
        private readonly CancellationTokenSource _overdue = new();
        private ITimer? _timer;
        private bool _starting = true;
        private bool _ended;

        /// <summary>True when the phase is over already; otherwise it goes on to the next phase by itself.</summary>
        public bool EndsAtOnce(TimeSpan timeout)
        {
            _timer = shutdown._time.CreateTimerWithoutFlow(static run => ((PhaseRun)run!).Overdue(), this);
            _timer.Change(timeout, Timeout.InfiniteTimeSpan);
            foreach (var item in work)
            {
                Begin(item);
            }

            lock (_gate)
            {
                _starting = false;
                if (!_ended)
                {
                    return false;
                }
            }

            Dispose();
            return true;
        }

        public void Dispose()
        {
            _timer?.Dispose();
            _overdue.Dispose();
        }

        private void Begin(Work item)
        {
            Task task;
            try
            {
                task = item.Start(_overdue.Token).AsTask();
            }
            catch (Exception error)
            {
                task = Task.FromException(error);
            }

            // Inline when done and never on a captured context: the order of events stays that of the completions.
            task.ContinueWith(
                (done, _) => Completed(item, done),
                null,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        private void Completed(Work item, Task task)
        {
            var error = task.IsCanceled ? new OperationCanceledException() : task.Exception?.GetBaseException();
            lock (_gate)
            {
                if (!_open.Remove(item))
                {
                    return;
                }
            }

            if (error is not null)
            {
                shutdown.Report(phase, item.Name, error);
            }

            lock (_gate)
            {
                if (_open.Count > 0 || _ended)
                {
                    return;
                }

                _ended = true;
                if (_starting)
                {
                    return;
                }
            }

            Dispose();
            shutdown.RunPhases();
        }

        private void Overdue()
        {
            Work[] late;
            bool starting;
            lock (_gate)
            {
                if (_ended)
                {
                    return;
                }

                _ended = true;
                starting = _starting;
                late = [.. _open];
                _open.Clear();
            }

            foreach (var item in late)
            {
                shutdown.Report(phase, item.Name, new TimeoutException($"{item.Name} was not done in time."));
            }

            try
            {
                _overdue.Cancel();
            }
            catch (AggregateException error)
            {
                shutdown.Report(phase, "cancellation", error);
            }

            if (!starting)
            {
                Dispose();
                shutdown.RunPhases();
            }
        }
    }
}
