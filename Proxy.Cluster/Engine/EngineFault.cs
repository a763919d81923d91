namespace Proxy.Cluster.Engine;

internal enum EngineFaultKind : byte
{
    /// <summary>No answer, no quorum, no connection, or the engine is full. Passes by itself or not; a write may or may
    /// not have happened.</summary>
    Unavailable,

    /// <summary>That part of the history is gone: list again and watch from the listing's next revision.</summary>
    Compacted,

    /// <summary>The lease has expired or was revoked; its keys are gone.</summary>
    LeaseLost,

    /// <summary>The engine knows us not, or not for this, or refuses the request as such: trying again does not
    /// help.</summary>
    Denied,
}

/// <param name="Reason">For people.</param>
/// <param name="CompactedAt">Of <see cref="EngineFaultKind.Compacted"/>: the oldest revision still known.</param>
internal sealed record EngineFault(EngineFaultKind Kind, string Reason, Revision CompactedAt = default)
{
    public static EngineFault Unavailable(string reason) => new(EngineFaultKind.Unavailable, reason);

    public static EngineFault Deadline(TimeSpan deadline) => Unavailable($"no answer within {deadline.TotalSeconds} s");

    public static EngineFault Lost(LeaseId lease) => new(EngineFaultKind.LeaseLost, $"lease {lease} has ended");

    public static EngineFault Denied(string reason) => new(EngineFaultKind.Denied, reason);

    public static EngineFault Compacted(Revision oldest) =>
        new(EngineFaultKind.Compacted, $"the history before revision {oldest} is gone", oldest);
}
