using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What a loop needs to read and write heads, once per loop instead of once per connection: a head is parsed,
/// used and forgotten within one call. Loop thread only.</summary>
public sealed class HeadWorkspace
{
    /// <summary>Room for the largest head a limit allows plus what the proxy adds.</summary>
    public const int ScratchBytes = 64 * 1024;

    public RequestHead Request { get; } = new();

    public ResponseHead Response { get; } = new();

    /// <summary>Where rewritten heads are composed. Pinned: it is handed to the kernel when there is no body to
    /// join.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(ScratchBytes, pinned: true);
}
