namespace Proxy.Cluster.Engine;

internal enum EngineState : byte
{
    /// <summary>No call has ended yet.</summary>
    Unknown,
    Available,
    Unavailable,
}

/// <param name="Member">Which server, file or member answered or failed last.</param>
/// <param name="Reason">Empty when available.</param>
internal sealed record EngineHealth(EngineState State, string Member, string Reason)
{
    public static EngineHealth Unknown(string member) => new(EngineState.Unknown, member, "");
}
