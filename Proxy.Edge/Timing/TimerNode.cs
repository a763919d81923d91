namespace Proxy.Edge.Timing;

/// <summary>What a timer wakes. Called on the loop's thread.</summary>
public interface ITimerTarget
{
    /// <param name="now">Microseconds on the loop's clock; at or after the deadline.</param>
    void OnTimer(long now);
}

/// <summary>A timer owned by its target; it may be set again and again without cost, see
/// <see cref="TimerWheel.Set"/>.</summary>
public sealed class TimerNode(ITimerTarget target)
{
    /// <summary>Deadline that means "never".</summary>
    public const long Never = long.MaxValue;

    internal TimerNode? Previous { get; set; }

    internal TimerNode? Next { get; set; }

    internal int Slot { get; set; } = -1;

    /// <summary>When the wheel looks at the node; never later than <see cref="Deadline"/>.</summary>
    internal long Scheduled { get; set; } = Never;

    internal ITimerTarget Target { get; } = target;

    /// <summary>When the target wants to be called, microseconds; <see cref="Never"/> when not at all.</summary>
    public long Deadline { get; internal set; } = Never;
}
