using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Node;

internal enum HandoverStep : byte
{
    /// <summary>To the owner: let me have it.</summary>
    Ask = 1,

    /// <summary>To the next owner: be ready to send me what belongs to my connections.</summary>
    Prepare = 2,

    /// <summary>To the next owner: take it now.</summary>
    Go = 3,

    /// <summary>To the next owner: take it now, and keep it from nodes with a better priority.</summary>
    Keep = 4,
}

/// <summary>One question of a planned handover. The answer is empty, or says in words why not.</summary>
/// <param name="Step">Which.</param>
/// <param name="Claim">The router as its owner has it; the source is where to send to.</param>
/// <param name="Seconds">How long at most connections go on at the old place.</param>
internal readonly record struct HandoverCall(HandoverStep Step, VipClaim Claim, int Seconds)
{
    private const byte Version = 1;
    private const int Head = 6;

    public byte[] Write()
    {
        byte[] claim = VipClaim.Write([Claim]);
        byte[] record = new byte[Head + claim.Length];
        record[0] = Version;
        record[1] = (byte)Step;
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(2), Seconds);
        claim.CopyTo(record.AsSpan(Head));
        return record;
    }

    /// <summary>Null when the record does not hold together.</summary>
    public static HandoverCall? Read(ReadOnlySpan<byte> record)
    {
        if (record.Length < Head || record[0] < Version || record[1] is < 1 or > (byte)HandoverStep.Keep
            || VipClaim.Read(record[Head..]) is not [var claim])
        {
            return null;
        }

        return new HandoverCall((HandoverStep)record[1], claim, BinaryPrimitives.ReadInt32LittleEndian(record[2..]));
    }
}
