namespace Proxy.Actors.Runtime;

/// <summary>What happens to an actor that threw.</summary>
public enum Directive
{
    /// <summary>Drop the message, keep the state.</summary>
    Resume,

    /// <summary>Drop the message and the state, keep the mailbox, start anew after the back-off.</summary>
    Restart,

    Stop,

    /// <summary>The failure becomes the parent's failure; the actor waits for what is decided there.</summary>
    Escalate,
}

/// <param name="Min">Wait before the first restart.</param>
/// <param name="Max">Longest wait, before jitter.</param>
/// <param name="Jitter">Each wait is spread by this fraction to both sides, so that a crowd does not return at
/// once.</param>
/// <param name="MaxRestarts">Restarts in a row before the actor is stopped; -1 is no limit.</param>
/// <param name="ResetAfter">A life without failure of this length forgets earlier restarts; zero means <paramref
/// name="Max"/>.</param>
public sealed record Backoff(
    TimeSpan Min,
    TimeSpan Max,
    double Jitter = 0.2,
    int MaxRestarts = -1,
    TimeSpan ResetAfter = default);

/// <summary>
/// Chosen by the parent when it spawns. The decider is a pure function and runs in the failed actor's turn.
/// </summary>
public sealed record Supervision(Func<Exception, Directive> Decider, Backoff Backoff);

public static class Supervise
{
    private static readonly Backoff Usual = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));

    public static Supervision RestartWithBackoff { get; } = new(static _ => Directive.Restart, Usual);

    public static Supervision Stop { get; } = new(static _ => Directive.Stop, Usual);

    public static Supervision Resume { get; } = new(static _ => Directive.Resume, Usual);

    public static Supervision Escalate { get; } = new(static _ => Directive.Escalate, Usual);
}
