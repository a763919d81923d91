namespace Proxy.Actors.Runtime;

/// <summary>
/// Request and reply over messages. In steady state neither flavour allocates, as long as <c>make</c> is a static
/// lambda and what it needs travels in <c>state</c>.
/// </summary>
public interface IAskable<in TMsg>
{
    /// <summary>
    /// For asynchronous callers. The task fails with <see cref="TimeoutException"/> after <paramref name="timeout"/>
    /// (null waits for ever) and with <see cref="UndeliveredException"/> when nobody will handle the question.
    /// Await it once. Its continuation runs on the system's dispatcher, never inside the replier's turn.
    /// </summary>
    ValueTask<TReply> Ask<TReply, TState>(
        Func<ReplyTo<TReply>, TState, TMsg> make,
        TState state,
        TimeSpan? timeout,
        CancellationToken cancellation = default);

    /// <summary>
    /// For event loops, which must not await. When the result is <see cref="TellResult.Accepted"/>, the completion is
    /// called exactly once, unless <see cref="PendingAsk{TReply}.Cancel"/> comes first; otherwise it is never called.
    /// </summary>
    TellResult TryAsk<TReply, TState>(
        Func<ReplyTo<TReply>, TState, TMsg> make,
        TState state,
        TimeSpan? timeout,
        IAskCompletion<TReply> completion,
        long cookie,
        out PendingAsk<TReply> pending);
}

/// <summary>Receives the answer of a <c>TryAsk</c>.</summary>
public interface IAskCompletion<TReply>
{
    /// <summary>
    /// Runs on the thread of the replier (or of the timer, for a time-out) in the middle of its work: store the result
    /// and wake the owner, nothing more. <paramref name="cookie"/> is what the asker passed.
    /// </summary>
    void Completed(long cookie, in Result<TReply> result);
}

public static class AskableExtensions
{
    /// <summary>Convenience for questions without state, or where an allocation per question does not matter.</summary>
    public static ValueTask<TReply> Ask<TMsg, TReply>(
        this IAskable<TMsg> target,
        Func<ReplyTo<TReply>, TMsg> make,
        TimeSpan? timeout,
        CancellationToken cancellation = default)
    {
        return target.Ask<TReply, Func<ReplyTo<TReply>, TMsg>>(
            static (reply, build) => build(reply),
            make,
            timeout,
            cancellation);
    }
}
