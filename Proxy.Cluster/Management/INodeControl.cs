namespace Proxy.Cluster.Management;

/// <summary>What an operator may ask of the node as a whole. Called from any thread, several at a time.</summary>
internal interface INodeControl
{
    /// <summary>starting, serving, draining, leaving.</summary>
    string State { get; }

    /// <summary>Has clients go elsewhere; the node still serves what comes.</summary>
    Task<ControlAnswer> DrainAsync(string reason);

    /// <summary>Takes <see cref="DrainAsync"/> back.</summary>
    Task<ControlAnswer> UndrainAsync();

    /// <summary>Drains, ends the requests under way, ends the process. Answers when it has begun.</summary>
    Task<ControlAnswer> LeaveAsync(string reason);

    /// <summary>Starts the program anew and hands the listening sockets over. Answers when the new process serves,
    /// or with what kept it from it.</summary>
    Task<ControlAnswer> UpgradeAsync();
}

/// <summary>What became of a command.</summary>
/// <param name="Problem">Why it was refused or failed; null when it was not.</param>
internal readonly record struct ControlAnswer(string? Problem)
{
    public static ControlAnswer Done => default;

    public static ControlAnswer Refused(string problem) => new(problem);
}
