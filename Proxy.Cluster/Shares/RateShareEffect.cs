using Proxy.Edge.Limits;

namespace Proxy.Cluster.Shares;

/// <summary>What a machine wants done. The order between effects does not matter.</summary>
internal abstract record RateShareEffect
{
    public sealed record Send(string Node, ShareMessage Message) : RateShareEffect;

    public sealed record Answer(ILimitAnswer To, LimitVerdict Verdict) : RateShareEffect;
}
