namespace Proxy.Edge.Http1;

/// <summary>Limits of HTTP/1.1 messages. Each is what common servers accept, so that a request refused here would have
/// been refused by most origins too.</summary>
public sealed record Http1Limits
{
    /// <summary>Most that <see cref="HeadBytes"/> and <see cref="TargetBytes"/> may be set to.</summary>
    public const int MostHeadBytes = 1 << 20;

    /// <summary>Most that <see cref="Fields"/> may be set to.</summary>
    public const int MostFields = 1024;

    /// <summary>Whole head in bytes, start line and blank line included; 1,024 to 1,048,576. 32 KB is twice what Apache
    /// and nginx take by default, because large cookies are common behind a proxy.</summary>
    public int HeadBytes { get; init; } = 32 * 1024;

    /// <summary>Request target in bytes; 256 to HeadBytes.</summary>
    public int TargetBytes { get; init; } = 8 * 1024;

    /// <summary>Field lines of a head; 1 to 1,024.</summary>
    public int Fields { get; init; } = 128;

    /// <summary>Trailer section of a chunked body in bytes.</summary>
    public int TrailerBytes { get; init; } = 8 * 1024;

    /// <summary>Extensions of one chunk in bytes; nobody needs them and they cost time.</summary>
    public int ChunkExtensionBytes { get; init; } = 256;
}
