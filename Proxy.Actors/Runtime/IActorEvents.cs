namespace Proxy.Actors.Runtime;

/// <summary>
/// What the runtime tells its host, which turns it into logs and counters. Called on any thread, inside turns: be
/// quick. What it throws is swallowed.
/// </summary>
public interface IActorEvents
{
    void Failed(string path, Exception error, Directive directive)
    {
    }

    /// <summary>A restart has been decided and happens after <paramref name="delay"/>.</summary>
    void Restarting(string path, int restartsInARow, TimeSpan delay)
    {
    }

    /// <summary>The back-off is over and the next incarnation begins.</summary>
    void Restarted(string path)
    {
    }

    void Stopped(string path, TerminationReason reason)
    {
    }

    /// <summary>
    /// At most ten per second for the system; <paramref name="suppressed"/> counts those left out since the last
    /// call.
    /// </summary>
    void DeadLettered(in DeadLetter letter, long suppressed)
    {
    }

    /// <summary>
    /// At most one per second and mailbox; <paramref name="lost"/> counts the messages lost since the last call.
    /// </summary>
    void MailboxOverflowed(string path, MailboxOverflow policy, long lost)
    {
    }

    /// <summary>
    /// The error is a <see cref="TimeoutException"/> when the task was overdue; the next phase goes on.
    /// </summary>
    void ShutdownTaskFailed(string phase, string task, Exception error)
    {
    }
}

/// <summary>For hosts that do not listen.</summary>
public sealed class SilentActorEvents : IActorEvents;
