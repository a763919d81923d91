namespace Proxy.Edge.Http2.Hpack;

/// <summary>Takes the fields of a header block, in order.</summary>
internal interface IFieldSink
{
    /// <summary>The spans are valid during the call only.</summary>
    void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
