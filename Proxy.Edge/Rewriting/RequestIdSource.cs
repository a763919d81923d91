using System.Buffers.Binary;

namespace Proxy.Edge.Rewriting;

/// <summary>Identity of a request: where it was made up and its number there. 32 hexadecimal digits as
/// text.</summary>
public readonly record struct RequestId(ulong Source, ulong Number)
{
    public const int TextLength = 32;

    public void Format(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Source);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Number);
        Convert.TryToHexStringLower(bytes, destination, out _);
    }

    public override string ToString() => $"{Source:x16}{Number:x16}";
}

/// <summary>Counts requests of one loop; not thread-safe. Unique as long as no two loops of no two nodes, and no two
/// starts of one, share <paramref name="source"/>: whoever starts the loop makes it from node, loop and start
/// time.</summary>
public sealed class RequestIdSource(ulong source)
{
    private ulong _last;

    public RequestId Next() => new(source, ++_last);
}
