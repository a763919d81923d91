namespace Proxy.Edge.Replication;

/// <summary>What an entry is about: a keyed hash (<see cref="EntryHash"/>) of a table's name and the key in it, so
/// entries are small, spread evenly and say nothing about the session they belong to.</summary>
public readonly record struct EntryKey(ulong High, ulong Low)
{
    /// <summary>The slot of one node under this key.</summary>
    public EntryKey SlotOf(NodeTag node) =>
        new(Mix(High ^ Mix(node.Value + 1UL)), Mix(Low + Mix(node.Value + 0x9E3779B97F4A7C15UL)));

    /// <summary>Every bit of the answer depends on every bit asked (the finalizer of MurmurHash3).</summary>
    internal static ulong Mix(ulong value)
    {
        value = unchecked((value ^ (value >> 33)) * 0xFF51AFD7ED558CCDUL);
        value = unchecked((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53UL);
        return value ^ (value >> 33);
    }
}
