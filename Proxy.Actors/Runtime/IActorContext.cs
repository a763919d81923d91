namespace Proxy.Actors.Runtime;

/// <summary>
/// What an actor may do with its surroundings. Belongs to one incarnation and may only be used in its turns
/// (including the constructor). After the incarnation began to stop, everything that would start something throws.
/// </summary>
public interface IActorContext<TMsg>
{
    IRef<TMsg> Self { get; }

    TimeProvider Time { get; }

    IRandom Random { get; }

    /// <summary>Throws when a living or still stopping child has that name.</summary>
    IRef<TChild> Spawn<TChild>(Props<TChild> props, string name);

    /// <summary>Stops a child of this actor; its name is free again once it has terminated.</summary>
    void Stop(IRef child);

    /// <summary>Takes effect when the current message is done; no further one is handled.</summary>
    void StopSelf();

    /// <summary>
    /// Calls <see cref="Actor{TMsg}.OnTerminated"/> once when the other stops; at once if it has stopped. Ends with
    /// the incarnation.
    /// </summary>
    void Watch(IRef other);

    /// <summary>After it returns, no notice about the other arrives any more.</summary>
    void Unwatch(IRef other);

    /// <summary>
    /// Delivers the message after <paramref name="due"/>, then every <paramref name="period"/>. A timer with the same
    /// key is replaced, and its messages not yet handled are void. Timer messages do not compete for room in the
    /// mailbox, and a periodic timer has at most one of them waiting.
    /// </summary>
    ITimerHandle StartTimer(object key, TMsg message, TimeSpan due, TimeSpan? period = null);

    void CancelTimer(object key);

    /// <summary>
    /// The only door for asynchronous work: the outcome comes back as a message, built in this actor's turn. Outcomes
    /// for an incarnation that is gone are dropped.
    /// </summary>
    void PipeToSelf<T>(ValueTask<T> work, Func<Result<T>, TMsg> map);

    /// <summary>
    /// Handles the following messages instead of <see cref="Actor{TMsg}.Receive"/>, until the next call or a restart.
    /// </summary>
    void Become(Action<TMsg> behavior);

    /// <summary>Puts a message aside; false when the stash is full.</summary>
    bool Stash(TMsg message);

    /// <summary>Puts everything stashed in front of the mailbox, oldest first. A restart does so by itself.</summary>
    void UnstashAll();
}

public interface ITimerHandle
{
    bool IsActive { get; }

    /// <summary>Only in the owner's turn. Nothing of this timer is delivered afterwards.</summary>
    void Cancel();
}
