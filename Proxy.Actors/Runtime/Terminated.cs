namespace Proxy.Actors.Runtime;

/// <summary>Notice to a watcher. An actor that restarts has not terminated.</summary>
public readonly record struct Terminated(IRef Ref, TerminationReason Reason);

public enum TerminationReason
{
    /// <summary>It stopped itself, or its parent or the system asked it to.</summary>
    Stopped,

    /// <summary>Its parent stopped or restarted.</summary>
    ParentGone,

    /// <summary>It threw and supervision decided to stop it.</summary>
    Failed,

    /// <summary>It threw more often in a row than its back-off allows.</summary>
    RestartsExhausted,
}
