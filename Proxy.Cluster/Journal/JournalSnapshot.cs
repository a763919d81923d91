using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Proxy.Cluster.Journal;

/// <summary>The state after an event, so that what came before need not be replayed.</summary>
internal sealed record JournalSnapshot(long Sequence, ReadOnlyMemory<byte> Payload)
{
    public const int HashBytes = 32;

    /// <summary>SHA-256 over number and payload: a torn write or another journal's payload does not pass.</summary>
    public byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, Sequence);
        hash.AppendData(number);
        hash.AppendData(Payload.Span);
        return hash.GetHashAndReset();
    }

    public bool Matches(ReadOnlySpan<byte> hash) => Hash().AsSpan().SequenceEqual(hash);

    /// <summary>Hash and payload as one value, for stores that know only values.</summary>
    public byte[] Sealed() => [.. Hash(), .. Payload.Span];

    /// <summary>Null when it is not whole.</summary>
    public static JournalSnapshot? Open(long sequence, ReadOnlyMemory<byte> value)
    {
        if (value.Length < HashBytes)
        {
            return null;
        }

        var snapshot = new JournalSnapshot(sequence, value[HashBytes..]);
        return snapshot.Matches(value.Span[..HashBytes]) ? snapshot : null;
    }
}
