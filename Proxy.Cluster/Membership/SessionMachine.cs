using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>A node's one lease: its sign of life and everything it owns hang on it.</summary>
/// <param name="Lease">Its keys may be gone already; the engine decides.</param>
/// <param name="ValidUntil">On this node's monotonic clock: whoever holds something by the lease stops then, unless a
/// later session came. It is the sending of the last answered keep-alive plus 0.8 times the time to live.</param>
internal readonly record struct Session(LeaseId Lease, TimeSpan ValidUntil)
{
    public static readonly Session None;

    public bool Exists => Lease != LeaseId.None;

    public bool IsValid(TimeSpan now) => Exists && now < ValidUntil;
}

internal abstract record SessionInput
{
    private SessionInput()
    {
    }

    /// <param name="SentAt">Monotonic time before the request was sent.</param>
    internal sealed record Answered(EngineResult<Lease> Result, TimeSpan SentAt) : SessionInput;

    internal sealed record Timer : SessionInput;

    /// <summary>Ends the lease, and with it everything on it.</summary>
    internal sealed record Close : SessionInput;

    internal sealed record Open : SessionInput;
}

/// <summary>What to do, in this order.</summary>
/// <param name="Ask">One call of the engine; its answer comes back as an input.</param>
/// <param name="Lease">Of the call.</param>
/// <param name="Wake">When to hand in <see cref="SessionInput.Timer"/>; null while a call is under way.</param>
internal readonly record struct SessionEffects(SessionCall Ask, LeaseId Lease, TimeSpan? Wake);

internal enum SessionCall : byte
{
    None,
    Grant,
    KeepAlive,
    Revoke,
}

/// <summary>Gets a lease and keeps it for ever. A lease is asked for again only when the engine says that the old one
/// has ended: after an outage the old one usually lives on, with its keys.</summary>
internal sealed class SessionMachine(TimeSpan timeToLive)
{
    // Two tries fit between a lost keep-alive and the fence at 0.8.
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    private bool _open = true;
    private bool _busy;

    public Session Session { get; private set; }

    /// <summary>What is asked of the engine; it may grant more.</summary>
    public TimeSpan TimeToLive { get; private set; } = timeToLive;

    public SessionEffects Handle(SessionInput input, TimeSpan now)
    {
        switch (input)
        {
            case SessionInput.Answered answer:
                return OnAnswer(answer, now);
            case SessionInput.Open:
                _open = true;
                return Next();
            case SessionInput.Close:
                _open = false;
                LeaseId lease = Session.Lease;
                Session = Session.None;
                return new SessionEffects(lease == LeaseId.None ? SessionCall.None : SessionCall.Revoke, lease, null);
            case SessionInput.Timer:
                return Next();
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }
    }

    private SessionEffects Next()
    {
        if (_busy || !_open)
        {
            return default;
        }

        _busy = true;
        return new SessionEffects(
            Session.Exists ? SessionCall.KeepAlive : SessionCall.Grant, Session.Lease, null);
    }

    private SessionEffects OnAnswer(SessionInput.Answered answer, TimeSpan now)
    {
        _busy = false;
        if (!_open)
        {
            // Closed while the call was under way: a lease granted meanwhile must not outlive the node.
            return answer.Result.IsOk
                ? new SessionEffects(SessionCall.Revoke, answer.Result.Value.Id, null)
                : default;
        }

        if (answer.Result.IsOk)
        {
            Lease lease = answer.Result.Value;
            Session = new Session(lease.Id, answer.SentAt + (0.8 * lease.TimeToLive));
            return new SessionEffects(SessionCall.None, LeaseId.None, answer.SentAt + (lease.TimeToLive / 5));
        }

        if (answer.Result.Fault.Kind == EngineFaultKind.LeaseLost)
        {
            Session = Session.None;
            return Next();
        }

        return new SessionEffects(SessionCall.None, LeaseId.None, now + Retry);
    }
}
