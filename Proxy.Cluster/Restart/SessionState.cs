using System.Runtime.InteropServices;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Restart;

/// <summary>The sessions the node remembers: version (1 byte), the key their hashes are made with
/// (<see cref="EntryHash.KeyBytes"/>), the entries as they are in memory, for both processes are on one machine. Given
/// twice, so that what was learned while the new process started is not lost; the newer entry wins.</summary>
internal sealed class SessionState(Replica sessions, byte[] key, TimeProvider time) : IHandoverState
{
    public const string StateName = "sessions";
    private const byte Version = 1;
    private const int HeadBytes = 1 + EntryHash.KeyBytes;

    public string Name => StateName;

    public bool IsLive => true;

    /// <summary>The key of the hashes in what <see cref="Export"/> made; empty when it is not understood.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeadBytes && bytes[0] == Version ? bytes[1..HeadBytes] : default;

    public byte[] Export()
    {
        using var bytes = new MemoryStream(HeadBytes + ((sessions.Table.Count + 1024) * ReplicatedEntry.Bytes));
        bytes.WriteByte(Version);
        bytes.Write(key);
        ReplicatedEntry[] buffer = new ReplicatedEntry[1024];
        for (int shard = 0; shard < ReplicaTable.Shards; shard++)
        {
            int count = sessions.Table.Copy(shard, ref buffer);
            bytes.Write(MemoryMarshal.AsBytes(buffer.AsSpan(0, count)));
        }

        return bytes.ToArray();
    }

    public bool TryImport(ReadOnlySpan<byte> bytes)
    {
        if (!KeyOf(bytes).SequenceEqual(key) || (bytes.Length - HeadBytes) % ReplicatedEntry.Bytes != 0)
        {
            return false;
        }

        // Copied, because the bytes need not lie as the entries want to.
        var entries = new ReplicatedEntry[(bytes.Length - HeadBytes) / ReplicatedEntry.Bytes];
        bytes[HeadBytes..].CopyTo(MemoryMarshal.AsBytes(entries.AsSpan()));
        sessions.Apply(entries, time.GetUtcNow().ToUnixTimeMilliseconds());
        return true;
    }
}
