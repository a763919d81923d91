namespace Proxy.Edge.Http1;

/// <summary>Why a message was refused. For a request <see cref="HeadFaultTraits.StatusCode"/> is the answer; any fault
/// in a response means 502.</summary>
public enum HeadFault : byte
{
    None,

    // Start line.
    BadStartLine,
    BadTarget,
    TargetTooLong,
    BadVersion,
    UnsupportedVersion,
    BadStatus,

    // Lines and bytes.
    BadFieldName,
    BadFieldValue,
    BareLf,
    BareCr,
    ObsFold,
    ControlCharacter,
    HeadTooLarge,
    TooManyFields,

    // Meaning of fields.
    MissingHost,
    BadHost,
    SeveralHosts,
    BadContentLength,
    LengthWithChunked,
    BadTransferCoding,
    UnsupportedTransferCoding,
    BadExpect,
    BadUpgrade,
    BadConnection,

    // Chunked body.
    BadChunkSize,
    BadChunkExtension,
    ChunkExtensionTooLong,
    BadChunkEnd,
    BadTrailer,
    TrailerTooLarge,
}

public static class HeadFaultTraits
{
    /// <summary>Status of the answer to a request with this fault.</summary>
    public static int StatusCode(this HeadFault fault) => fault switch
    {
        HeadFault.TargetTooLong => 414,
        HeadFault.BadExpect => 417,
        HeadFault.HeadTooLarge or HeadFault.TooManyFields or HeadFault.TrailerTooLarge => 431,
        HeadFault.UnsupportedTransferCoding => 501,
        HeadFault.UnsupportedVersion => 505,
        _ => 400,
    };
}
