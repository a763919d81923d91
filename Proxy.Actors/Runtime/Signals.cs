using System.Diagnostics.CodeAnalysis;

namespace Proxy.Actors.Runtime;

/// <summary>
/// What the runtime says to an actor. Goes through a queue of its own, so that a full mailbox cannot hide a stop.
/// </summary>
internal abstract class Signal;

internal sealed class StartSignal : Signal;

internal sealed class StopSignal(TerminationReason reason) : Signal
{
    public TerminationReason Reason { get; } = reason;
}

/// <summary>
/// The back-off is over. Compared by identity: one that was called off is not the current one any more.
/// </summary>
internal sealed class RestartSignal : Signal;

/// <summary>The parent's failure, caused by this child's, was resumed.</summary>
internal sealed class ResumeSignal : Signal;

internal sealed class OverflowSignal : Signal;

internal sealed class EscalatedSignal(ICell child, Exception error) : Signal
{
    public ICell Child { get; } = child;

    public Exception Error { get; } = error;
}

internal sealed class ChildGoneSignal(ICell child) : Signal
{
    public ICell Child { get; } = child;
}

internal sealed class WatchSignal(ICell watcher, bool on) : Signal
{
    public ICell Watcher { get; } = watcher;

    public bool On { get; } = on;
}

internal sealed class TerminatedSignal(Terminated terminated) : Signal
{
    public Terminated Terminated { get; } = terminated;
}

/// <summary>A message that only makes sense to the incarnation that asked for it: a timer or piped work.</summary>
internal abstract class OwnedSignal<TMsg>(Incarnation<TMsg> owner) : Signal
{
    public Incarnation<TMsg> Owner { get; } = owner;

    /// <summary>In the owner's turn. False when it has become void.</summary>
    public abstract bool TryTake([MaybeNullWhen(false)] out TMsg message);
}

/// <summary>An actor without its message type.</summary>
internal interface ICell : IRef
{
    /// <summary>From any thread; also to the dead, who still answer a watch.</summary>
    void Post(Signal signal);
}
