using Proxy.Edge.Engine;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Tls;

namespace Proxy.Edge.Upstream;

/// <summary>What the origin connections of one loop share. Loop thread only.</summary>
/// <param name="tls">Asked for only when a member needs it, and likewise <paramref name="http2"/>.</param>
public sealed class OriginServices(
    IEventLoop loop, HeadWorkspace heads, Func<TlsLoop> tls, Func<Http2Workspace> http2)
{
    public IEventLoop Loop => loop;

    public HeadWorkspace Heads => heads;

    public TlsLoop Tls => tls();

    public Http2Workspace Http2 => http2();

    /// <summary>HTTP/2 streams that are not in use.</summary>
    internal Stack<Http2Origin> FreeStreams { get; } = new();
}
