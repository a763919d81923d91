namespace Proxy.Edge.Http1;

/// <summary>What a <see cref="ChunkedDecoder"/> leaves in place of the bytes it was given.</summary>
public enum ChunkedOutput
{
    /// <summary>A chunked stream with the same chunks, without extensions and without forbidden trailers.</summary>
    KeepFraming,

    /// <summary>The payload alone; trailers are discarded.</summary>
    StripFraming,

    /// <summary>The payload alone; the trailer lines that may pass are the tail, without the empty line.</summary>
    PayloadAndTrailers,
}

/// <summary>Result of one step.</summary>
/// <param name="Consumed">Bytes that belong to this body; less than given only when the body ended or is bad.</param>
/// <param name="Produced">Bytes of output at the front of the data; never more than Consumed.</param>
/// <param name="Done">The body is complete. With KeepFraming, <see cref="ChunkedDecoder.Tail"/> may hold more
/// output.</param>
/// <param name="Fault">Anything but None: the body is bad at data[Consumed]; forward nothing more of it.</param>
public readonly record struct ChunkedStep(int Consumed, int Produced, bool Done, HeadFault Fault);
