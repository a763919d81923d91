using Proxy.Actors.Runtime;

namespace Proxy.Cluster.Revisions;

/// <summary>Who changes something on this node and looks at it then shall find it changed: answers wait until the
/// revision runs here, within reason. Part of the actor: used in its turns alone.</summary>
internal sealed class RunWaiters(IActorContext<RevisionMessage> context)
{
    // A pool may wait for names longer than an operator likes to wait for an answer.
    private static readonly TimeSpan MostWaiting = TimeSpan.FromSeconds(5);

    private readonly List<(ReplyTo<RevisionAnswer> Reply, RevisionAnswer.Committed Answer)> _waiting = [];

    public void Add(ReplyTo<RevisionAnswer> reply, RevisionAnswer.Committed answer)
    {
        long number = answer.Revision.Number;
        _waiting.Add((reply, answer));
        context.StartTimer(number, new RevisionMessage.Waited(number), MostWaiting);
    }

    /// <summary>That revision, and with it all before, was tried.</summary>
    /// <param name="refusal">Why it does not run here; null = it does, or nobody knows yet.</param>
    public void Tell(long number, string? refusal)
    {
        foreach ((ReplyTo<RevisionAnswer> reply, RevisionAnswer.Committed answer) in _waiting)
        {
            if (answer.Revision.Number <= number)
            {
                context.CancelTimer(answer.Revision.Number);
                reply.Reply(refusal is null || answer.Revision.Number < number
                    ? answer
                    : answer with { Warnings = [.. answer.Warnings, $"this node cannot run it: {refusal}"] });
            }
        }

        _waiting.RemoveAll(one => one.Answer.Revision.Number <= number);
    }

    /// <summary>Nothing is tried any more.</summary>
    public void TellAll() => _waiting.ForEach(static one => one.Reply.Reply(one.Answer));
}
