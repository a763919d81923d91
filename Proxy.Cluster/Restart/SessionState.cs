using System.Runtime.InteropServices;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Restart;

/// <summary>The members that sessions and addresses belong to, with the key they are hashed under: without it a node
/// alone, whose key is random, would not find them again.</summary>
/// <param name="key">Of <see cref="EntryHash"/>.</param>
internal sealed class SessionState(Replica sessions, byte[] key, TimeProvider time) : IHandoverState
{
    public const string StateName = "sessions";

    private const byte Version = 1;
    private const int HeaderBytes = 1 + EntryHash.KeyBytes;

    /// <summary>200 MB; a process with more should not hold the next one up.</summary>
    private const int MaxEntries = 5_000_000;

    public string Name => StateName;

    /// <summary>The key in what another process exported; null when there is none.</summary>
    public static byte[]? KeyIn(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderBytes && bytes[0] == Version ? bytes[1..HeaderBytes].ToArray() : null;

    public byte[] Export()
    {
        var bytes = new List<byte>(HeaderBytes) { Version };
        bytes.AddRange(key);
        ReplicatedEntry[] entries = [];
        int left = MaxEntries;
        for (int shard = 0; shard < ReplicaTable.Shards && left > 0; shard++)
        {
            int count = Math.Min(left, sessions.Table.Copy(shard, ref entries));
            bytes.AddRange(MemoryMarshal.AsBytes(entries.AsSpan(0, count)));
            left -= count;
        }

        return [.. bytes];
    }

    public bool TryImport(ReadOnlySpan<byte> bytes)
    {
        if (KeyIn(bytes) is not { } theirs || !theirs.AsSpan().SequenceEqual(key)
            || (bytes.Length - HeaderBytes) % ReplicatedEntry.Bytes != 0)
        {
            return false;
        }

        sessions.Apply(
            MemoryMarshal.Cast<byte, ReplicatedEntry>(bytes[HeaderBytes..].ToArray()),
            time.GetUtcNow().ToUnixTimeMilliseconds());
        return true;
    }
}
