namespace Proxy.Edge.Http;

/// <summary>A parsed response head. See <see cref="MessageHead"/> for ownership of the bytes.</summary>
public sealed class ResponseHead(int maxFields = 128) : MessageHead(maxFields)
{
    /// <summary>Status code, 100 to 599.</summary>
    public int Status { get; set; }

    /// <summary>Offset and length of the reason phrase; the length may be 0.</summary>
    public int ReasonStart { get; set; }

    public int ReasonLength { get; set; }

    public ReadOnlySpan<byte> Reason => Buffer.AsSpan(ReasonStart, ReasonLength);

    /// <summary>1xx other than 101: another head follows for the same request (RFC 9110 §15.2).</summary>
    public bool IsInterim => Status is >= 100 and < 200 and not 101;

    public override void Reset()
    {
        base.Reset();
        Status = ReasonStart = ReasonLength = 0;
    }
}
