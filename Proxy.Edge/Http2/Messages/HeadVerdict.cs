namespace Proxy.Edge.Http2.Messages;

/// <summary>What became of a header block.</summary>
internal enum HeadVerdict : byte
{
    Ok,

    /// <summary>It breaks a rule of RFC 9113 §8: a stream error.</summary>
    Malformed,

    /// <summary>More than the limits allow: 431.</summary>
    TooLarge,
}
