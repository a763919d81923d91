namespace Proxy.Actors.Runtime;

/// <summary>How to make an actor. The factory runs once per incarnation, in the actor's own turn.</summary>
public sealed record Props<TMsg>(Func<IActorContext<TMsg>, Actor<TMsg>> Factory)
{
    public MailboxOptions Mailbox { get; init; } = new();

    public Supervision Supervision { get; init; } = Supervise.RestartWithBackoff;

    public DispatcherKey Dispatcher { get; init; } = DispatcherKey.Default;
}

public enum DispatcherKey
{
    /// <summary>The system's dispatcher: the thread pool, or the simulator in tests.</summary>
    Default,

    /// <summary>
    /// A thread of its own, for actors that make blocking calls. In a simulation the same as the default.
    /// </summary>
    DedicatedThread,
}
