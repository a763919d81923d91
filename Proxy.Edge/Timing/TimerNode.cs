namespace Proxy.Edge.Timing;

/// <summary>Something with a deadline on a <see cref="TimerWheel"/>. A base class rather than an object beside its
/// owner: every connection has one, and each request touches it. It may be set again and again without cost, see
/// <see cref="TimerWheel.Set"/>.</summary>
public abstract class TimerNode
{
    /// <summary>Deadline that means "never".</summary>
    public const long Never = long.MaxValue;

    internal TimerNode? PreviousTimer { get; set; }

    internal TimerNode? NextTimer { get; set; }

    internal int TimerSlot { get; set; } = -1;

    /// <summary>When the wheel looks at the node; never later than <see cref="TimerDeadline"/>.</summary>
    internal long TimerScheduled { get; set; } = Never;

    /// <summary>When it wants to be called, microseconds; <see cref="Never"/> when not at all.</summary>
    public long TimerDeadline { get; internal set; } = Never;

    /// <summary>The deadline has passed. Called on the loop's thread.</summary>
    /// <param name="now">Microseconds on the loop's clock; at or after the deadline.</param>
    public abstract void OnTimer(long now);
}
