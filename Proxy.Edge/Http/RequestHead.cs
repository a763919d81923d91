namespace Proxy.Edge.Http;

/// <summary>Form of a request target (RFC 9112 §3.2).</summary>
public enum TargetForm : byte
{
    Origin,
    Absolute,
    Authority,
    Asterisk,
}

/// <summary>A parsed request head. See <see cref="MessageHead"/> for ownership of the bytes.</summary>
public sealed class RequestHead(int maxFields = 128) : MessageHead(maxFields)
{
    public Method Method { get; set; }

    public int MethodLength { get; set; }

    public TargetForm Form { get; set; }

    /// <summary>Offset and length of the whole request target as received.</summary>
    public int TargetStart { get; set; }

    public int TargetLength { get; set; }

    /// <summary>Offset and length of the path: the part before '?', without scheme and authority. At least "/" except
    /// for the asterisk form; an absolute target without a path has length 0 and means "/".</summary>
    public int PathStart { get; set; }

    public int PathLength { get; set; }

    /// <summary>Length of the query without '?'; the query starts at PathStart + PathLength + 1. -1 when there is no
    /// '?'.</summary>
    public int QueryLength { get; set; } = -1;

    /// <summary>Offset and length of the effective authority: of the absolute target when there is one, else of the
    /// Host field; may include ":port". Length 0 for an HTTP/1.0 request without Host.</summary>
    public int AuthorityStart { get; set; }

    public int AuthorityLength { get; set; }

    /// <summary>Length of the host part of the authority (brackets of an IPv6 literal included), without the
    /// port.</summary>
    public int HostLength { get; set; }

    /// <summary>Expect: 100-continue on an HTTP/1.1 request.</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>TE names "trailers".</summary>
    public bool AcceptsTrailers { get; set; }

    /// <summary>Connection: upgrade with Upgrade: websocket, the only protocol forwarded by default.</summary>
    public bool IsWebSocketUpgrade { get; set; }

    public ReadOnlySpan<byte> MethodBytes => Buffer.AsSpan(Start, MethodLength);

    public ReadOnlySpan<byte> Target => Buffer.AsSpan(TargetStart, TargetLength);

    public ReadOnlySpan<byte> Path => Buffer.AsSpan(PathStart, PathLength);

    public ReadOnlySpan<byte> Query =>
        QueryLength < 0 ? default : Buffer.AsSpan(PathStart + PathLength + 1, QueryLength);

    public bool HasQuery => QueryLength >= 0;

    public ReadOnlySpan<byte> Authority => Buffer.AsSpan(AuthorityStart, AuthorityLength);

    public ReadOnlySpan<byte> Host => Buffer.AsSpan(AuthorityStart, HostLength);

    public override void Reset()
    {
        base.Reset();
        Method = Method.Other;
        Form = TargetForm.Origin;
        MethodLength = TargetStart = TargetLength = PathStart = PathLength = 0;
        AuthorityStart = AuthorityLength = HostLength = 0;
        QueryLength = -1;
        ExpectsContinue = AcceptsTrailers = IsWebSocketUpgrade = false;
    }
}
