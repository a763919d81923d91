using System.Text;

namespace Proxy.Edge.Replication;

/// <summary>A node's name in four bytes, for stamps and counter slots. Two names with the same tag may not be in one
/// cluster; whoever connects nodes refuses that.</summary>
public readonly record struct NodeTag(uint Value)
{
    /// <summary>FNV-1a with a final mix, so that names that differ in the last letter differ in every bit.</summary>
    public static NodeTag Of(string node)
    {
        ulong hash = 0xCBF29CE484222325UL;
        foreach (byte part in Encoding.UTF8.GetBytes(node))
        {
            hash = unchecked((hash ^ part) * 0x100000001B3UL);
        }

        return new NodeTag((uint)EntryKey.Mix(hash));
    }

    public override string ToString() => $"{Value:x8}";
}
