using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>What placeholders of one exchange stand for. What is not known yet (a member before balancing) stays
/// empty. The spans live as long as the request head.</summary>
public readonly ref struct TemplateContext
{
    public required RequestHead Head { get; init; }

    /// <summary>The normalised path.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>Bytes of <see cref="Path"/> that the route's prefix matched.</summary>
    public int MatchedLength { get; init; }

    /// <summary>The effective client.</summary>
    public ClientAddress Client { get; init; }

    public int ClientPort { get; init; }

    /// <summary>"http" or "https", as the client sees it.</summary>
    public ReadOnlySpan<byte> Scheme { get; init; }

    /// <summary>Host and port the client asked for.</summary>
    public ReadOnlySpan<byte> Authority { get; init; }

    public ReadOnlySpan<byte> RequestId { get; init; }

    public string? Listener { get; init; }

    public string? Route { get; init; }

    public string? Pool { get; init; }

    public string? Member { get; init; }
}
