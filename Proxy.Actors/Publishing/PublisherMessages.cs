using Proxy.Actors.Planning;
using Proxy.Actors.Pools;
using Proxy.Actors.Runtime;

namespace Proxy.Actors.Publishing;

/// <summary>Mail of a <see cref="PublisherActor"/>.</summary>
public abstract record PublisherMessage
{
    private protected PublisherMessage()
    {
    }

    /// <summary>Makes a planned revision the running one. Answered when all loops run on it, or with the problem.</summary>
    public sealed record Publish(PlannedRevision Revision, ReplyTo<PublishAnswer> Reply) : PublisherMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    internal sealed record PoolAnswered(string Pool, Result<PoolReady> Result) : PublisherMessage;

    internal sealed record EdgeAnswered(Result<bool> Result) : PublisherMessage;
}

/// <param name="Problem">Null when the loops run on the revision; otherwise they still run on the one before.</param>
/// <param name="Warnings">What came along but could not be done, such as names that were not found in time.</param>
public sealed record PublishAnswer(long Revision, string? Problem, IReadOnlyList<string> Warnings);
