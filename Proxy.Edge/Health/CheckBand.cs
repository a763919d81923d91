namespace Proxy.Edge.Health;

/// <summary>Rise and fall as one number, the way HAProxy counts:
/// <code>
///   0 ........ rise-1 | rise ........ rise+fall-1
///   down, rising      | up, falling
/// </code>
/// A success in the lower half and a failure in the upper half move one step; a failure in the lower half and a success in
/// the upper half go to the end, so only consecutive results change the state.</summary>
public struct CheckBand
{
    private int _rise;
    private int _fall;
    private int _value;

    private CheckBand(int rise, int fall, int value)
    {
        _rise = Math.Max(1, rise);
        _fall = Math.Max(1, fall);
        _value = Math.Clamp(value, 0, Top);
    }

    public readonly bool IsUp => _value >= _rise;

    /// <summary>Between the ends: the next results decide.</summary>
    public readonly bool IsTransitional => _value != 0 && _value != Top;

    /// <summary>Failures in a row while up, at most fall; fall when down.</summary>
    public readonly int Failures => IsUp ? Top - _value : _fall;

    /// <summary>Successes in a row while down.</summary>
    public readonly int Successes => IsUp ? _rise : _value;

    private readonly int Top => _rise + _fall - 1;

    /// <summary>Up until proven otherwise: one failure suffices to take it down, for nothing is known yet.</summary>
    public static CheckBand StartUp(int rise, int fall) => new(rise, fall, Math.Max(1, rise));

    /// <summary>Down until proven otherwise: one success suffices.</summary>
    public static CheckBand StartDown(int rise, int fall) => new(rise, fall, Math.Max(1, rise) - 1);

    public static CheckBand FullyUp(int rise, int fall) => new(rise, fall, int.MaxValue);

    public static CheckBand FullyDown(int rise, int fall) => new(rise, fall, 0);

    public void Succeed() => _value = IsUp ? Top : _value + 1;

    public void Fail() => _value = IsUp ? FailedOnce() : 0;

    /// <summary>Other thresholds: up stays up and down stays down, at the nearest place.</summary>
    public void Resize(int rise, int fall)
    {
        bool up = IsUp;
        int failures = Failures;
        int successes = Successes;
        _rise = Math.Max(1, rise);
        _fall = Math.Max(1, fall);
        _value = up ? Math.Max(_rise, Top - failures) : Math.Min(_rise - 1, successes);
    }

    // The step out of the upper half ends at 0: down means that all successes are still to come.
    private readonly int FailedOnce() => _value == _rise ? 0 : _value - 1;

    public override readonly string ToString() => IsUp ? $"up {_value - _rise + 1}/{_fall}" : $"down {_value}/{_rise}";
}
