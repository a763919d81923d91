using System.Runtime.InteropServices;

namespace Proxy.Edge.Replication;

/// <summary>One remembered fact. Its layout in memory is its layout on the wire (little-endian, no padding), so a
/// batch is encoded by copying it. Of two entries with one key the one that <see cref="Beats"/> the other stays, on
/// every node the same.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct ReplicatedEntry
{
    /// <summary>What <see cref="Expiry"/> counts from 1970 is seconds: four bytes last until 2106.</summary>
    public const int Bytes = 40;

    /// <summary>Of a value: the writer knows it. A guess yields to it even when written later, by a node that had not
    /// heard of it yet.</summary>
    public const ulong Certain = 1;

    public EntryKey Key;

    /// <summary>0 marks an empty slot, and is never sent.</summary>
    public Stamp Stamp;

    /// <summary>0 says that there is nothing any more: a tombstone, which lives until it expires too. Without the bit
    /// <see cref="Certain"/> it is a guess.</summary>
    public ulong Value;

    /// <summary>Who wrote it.</summary>
    public NodeTag Origin;

    /// <summary>Seconds since 1970; from then on it does not count any more.</summary>
    public uint Expiry;

    /// <summary>Rounds up: an entry lives at least as long as asked.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public static uint ExpiryAfter(long now, TimeSpan lifetime) =>
        (uint)Math.Clamp((now + (long)lifetime.TotalMilliseconds + 999) / 1000, 0, uint.MaxValue);

    public readonly bool IsExpiredAt(long now) => Expiry <= now / 1000;

    /// <summary>A total order, also between two nodes that wrote in the same instant: otherwise two nodes could each
    /// keep their own for ever.</summary>
    public readonly bool Beats(in ReplicatedEntry other) =>
        IsGuess != other.IsGuess ? other.IsGuess
        : Stamp != other.Stamp ? Stamp.Value > other.Stamp.Value
        : Origin != other.Origin ? Origin.Value > other.Origin.Value
        : Value != other.Value ? Value > other.Value
        : Expiry > other.Expiry;

    private readonly bool IsGuess => Value != 0 && (Value & Certain) == 0;

    /// <summary>Adding these up gives a digest that does not depend on the order.</summary>
    internal readonly ulong Digest()
    {
        unchecked
        {
            ulong sum = EntryKey.Mix(Key.High + 0x9E3779B97F4A7C15UL) ^ Key.Low;
            sum = EntryKey.Mix(sum + Stamp.Value);
            sum = EntryKey.Mix(sum ^ Value);
            return EntryKey.Mix(sum + (((ulong)Origin.Value << 32) | Expiry));
        }
    }
}
