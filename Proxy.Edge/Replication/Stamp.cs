namespace Proxy.Edge.Replication;

/// <summary>When something was written, by a hybrid logical clock: 48 bits of milliseconds since 1970 and a counter of
/// 16 bits for what was written in the same millisecond. 0 means never.</summary>
public readonly record struct Stamp(ulong Value)
{
    public const int CounterBits = 16;

    /// <summary>Milliseconds since 1970.</summary>
    public long Milliseconds => (long)(Value >> CounterBits);

    public int Counter => (int)(Value & ((1 << CounterBits) - 1));

    /// <summary>The first stamp of that millisecond.</summary>
    public static Stamp At(long milliseconds) => new((ulong)milliseconds << CounterBits);

    public override string ToString() => $"{Milliseconds}.{Counter}";
}
