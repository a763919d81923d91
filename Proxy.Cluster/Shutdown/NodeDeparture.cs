using Proxy.Actors.Runtime;
using Proxy.Cluster.Management;

namespace Proxy.Cluster.Shutdown;

/// <summary>Drains the node and has it leave. <see cref="NodeLife"/> decides; the leaving itself runs through the
/// phases of <see cref="CoordinatedShutdown"/>, where other parts add what they have to do: push what peers need in
/// BeforeClusterShutdown, announce the departure in ClusterLeave, revoke leases in ClusterShutdown.
/// Thread-safe.</summary>
internal sealed class NodeDeparture : INodeControl
{
    /// <summary>A duty that nobody takes must not keep the node from leaving.</summary>
    public static readonly TimeSpan DutyLimit = TimeSpan.FromSeconds(5);

    /// <summary>The loops keep to the limit themselves; this is for telling them.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly CoordinatedShutdown _phases;
    private readonly IDepartingNode _node;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<INodeDuty> _duties = [];
    private readonly List<INodeDuty> _givenUp = [];
    private readonly TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeLife _life = NodeLife.Begin;
    private Task _effects = Task.CompletedTask;
    private Func<Task<ControlAnswer>> _upgrade =
        static () => Task.FromResult(ControlAnswer.Refused("this node cannot be upgraded in place"));

    public NodeDeparture(CoordinatedShutdown phases, IDepartingNode node, TimeProvider time)
    {
        _phases = phases;
        _node = node;
        _time = time;
    }

    public string State => Phase.ToString().ToLowerInvariant();

    public NodePhase Phase
    {
        get
        {
            lock (_gate)
            {
                return _life.Phase;
            }
        }
    }

    /// <summary>Ends when the node has left.</summary>
    public Task Completion => _phases.Completion;

    /// <summary>Before the node serves; the order of adding is the order of giving up.</summary>
    public void Add(INodeDuty duty) => _duties.Add(duty);

    /// <summary>How the program is started anew.</summary>
    public void UpgradeWith(Func<Task<ControlAnswer>> upgrade) => _upgrade = upgrade;

    public Task<ControlAnswer> StartedAsync() => TellAsync(new LifeInput.Started());

    public Task<ControlAnswer> DrainAsync(string reason) => TellAsync(new LifeInput.Drain(reason));

    public Task<ControlAnswer> UndrainAsync() => TellAsync(new LifeInput.Undrain());

    public Task<ControlAnswer> LeaveAsync(string reason) => TellAsync(new LifeInput.Leave(reason));

    public Task<ControlAnswer> UpgradeAsync() =>
        Phase is NodePhase.Serving or NodePhase.Draining
            ? _upgrade()
            : Task.FromResult(ControlAnswer.Refused($"the node is {State}"));

    public Task<ControlAnswer> HandedOverAsync(int successor) => TellAsync(new LifeInput.HandedOver(successor));

    /// <summary>Ends the patience with what is under way.</summary>
    public void Hurry() => _ = TellAsync(new LifeInput.Hurry());

    /// <summary>Completes when the effects are done; those of leaving are done when it has begun.</summary>
    private async Task<ControlAnswer> TellAsync(LifeInput input)
    {
        Task effects;
        lock (_gate)
        {
            LifeStep step = _life.Handle(input);
            if (step.Refusal is { } refusal)
            {
                return ControlAnswer.Refused(refusal);
            }

            _life = step.Next;
            // One after the other, also those of different commands; but the cut waits for nobody.
            effects = step.Effects is [LifeEffect.CutConnections]
                ? CutAsync()
                : _effects = DoAsync(_effects, step.Effects);
        }

        await effects;
        return ControlAnswer.Done;
    }

    private async Task DoAsync(Task before, IReadOnlyList<LifeEffect> effects)
    {
        await before;
        foreach (LifeEffect effect in effects)
        {
            try
            {
                await DoAsync(effect);
            }
            catch (Exception error)
            {
                _node.LogTrouble(effect.GetType().Name, error.Message);
            }
        }
    }

    private Task DoAsync(LifeEffect effect)
    {
        switch (effect)
        {
            case LifeEffect.TellReady ready:
                _node.TellReady(ready.Reason);
                return Task.CompletedTask;
            case LifeEffect.GiveUpDuties:
                return GiveUpDutiesAsync(CancellationToken.None);
            case LifeEffect.TakeDuties:
                return TakeDutiesAsync();
            case LifeEffect.SendClientsAway:
                return _node.SendClientsAwayAsync();
            case LifeEffect.WelcomeClients:
                return _node.WelcomeClientsAsync();
            case LifeEffect.Say say:
                _node.Log(say.What);
                return Task.CompletedTask;
            case LifeEffect.RunPhases phases:
                RunPhases(phases);
                return Task.CompletedTask;
            default:
                throw new InvalidOperationException($"no such effect: {effect}");
        }
    }

    private void RunPhases(LifeEffect.RunPhases leave)
    {
        TimeSpan grace = leave.WithGrace ? _node.Grace : TimeSpan.Zero;
        TimeSpan limit = _node.Limit;
        _node.LogLeaving(leave.Reason, grace + limit);
        _phases.SetTimeout(ShutdownPhase.BeforeServiceUnbind, (grace > DutyLimit ? grace : DutyLimit) + Margin);
        _phases.SetTimeout(ShutdownPhase.ServiceRequestsDone, limit + Margin);
        if (!leave.KeepsDuties)
        {
            _phases.AddTask(ShutdownPhase.BeforeServiceUnbind, "duties", cancellation =>
                new ValueTask(GiveUpDutiesAsync(cancellation)));
        }

        _phases.AddTask(ShutdownPhase.BeforeServiceUnbind, "grace", cancellation =>
            new ValueTask(GraceAsync(grace, cancellation)));
        _phases.AddTask(ShutdownPhase.ServiceUnbind, "listeners", _ => new ValueTask(_node.StopAcceptingAsync()));
        _phases.AddTask(ShutdownPhase.ServiceRequestsDone, "connections", _ =>
            new ValueTask(_node.FinishRequestsAsync(limit)));
        _ = _phases.Run(leave.Reason);
    }

    private async Task GraceAsync(TimeSpan grace, CancellationToken cancellation)
    {
        if (grace > TimeSpan.Zero)
        {
            await _node.SendClientsAwayAsync();
            await Task.WhenAny(Task.Delay(grace, _time, cancellation), _hurry.Task);
        }
    }

    private Task CutAsync()
    {
        _hurry.TrySetResult();
        return _node.FinishRequestsAsync(TimeSpan.Zero);
    }

    private async Task GiveUpDutiesAsync(CancellationToken cancellation)
    {
        foreach (INodeDuty duty in _duties.Except(_givenUp).ToArray())
        {
            _givenUp.Add(duty);
            await WithinLimitAsync(duty, duty.GiveUpAsync, cancellation);
        }
    }

    private async Task TakeDutiesAsync()
    {
        foreach (INodeDuty duty in _givenUp.ToArray())
        {
            _givenUp.Remove(duty);
            await WithinLimitAsync(duty, duty.TakeAsync, CancellationToken.None);
        }
    }

    /// <summary>A duty that fails or hangs is reported; the others go on.</summary>
    private async Task WithinLimitAsync(
        INodeDuty duty, Func<CancellationToken, ValueTask> change, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(DutyLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await change(either.Token).AsTask().WaitAsync(DutyLimit, _time, cancellation);
        }
        catch (Exception error)
        {
            _node.LogTrouble(duty.Name, error.Message);
        }
    }
}
