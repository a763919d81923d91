using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What a loop needs to read and write heads, once per loop instead of once per connection: a head is parsed,
/// used and forgotten within one call. Loop thread only.</summary>
public sealed class HeadWorkspace
{
    /// <summary>Room for what the proxy adds to a head.</summary>
    private const int Added = 32 * 1024;

    /// <summary>Larger heads need a limit that was raised, and are rare even then.</summary>
    private const int Usual = 32 * 1024;

    public RequestHead Request { get; } = new(Http1Limits.MostFields);

    public ResponseHead Response { get; } = new(Http1Limits.MostFields);

    /// <summary>Where rewritten heads are composed. Pinned: it is handed to the kernel when there is no body to
    /// join.</summary>
    public byte[] Scratch { get; private set; } = NewScratch(Usual);

    /// <summary>The same, large enough for what is made of this head. Once it had to grow it stays so.</summary>
    public byte[] ScratchFor(MessageHead head)
    {
        if (head.Length > Scratch.Length - Added)
        {
            Scratch = NewScratch(Math.Max(head.Length, Http1Limits.MostHeadBytes));
        }

        return Scratch;
    }

    private static byte[] NewScratch(int head) =>
        GC.AllocateUninitializedArray<byte>(head + Added, pinned: true);
}
