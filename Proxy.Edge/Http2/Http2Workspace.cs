using Proxy.Edge.Http2.Hpack;
using Proxy.Edge.Http2.Messages;

namespace Proxy.Edge.Http2;

/// <summary>What the sessions of one loop share: room to decode strings and to build heads in. Everything in it is
/// valid only during one call into a session. Loop thread only.</summary>
public sealed class Http2Workspace
{
    /// <summary>The largest head that a limit allows, as text.</summary>
    private const int TextBytes = 96 * 1024;

    internal byte[] Strings { get; } = new byte[2 * HpackDecoder.MaxString];

    internal RequestText Request { get; } = new(TextBytes);

    internal ResponseText Response { get; } = new(TextBytes);

    internal TrailerText Trailers { get; } = new(TextBytes);

    /// <summary>Streams that are not in use.</summary>
    internal Stack<Http2Stream> Free { get; } = new();
}
