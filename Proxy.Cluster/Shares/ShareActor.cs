using Proxy.Actors.Runtime;
using Proxy.Edge.Limits;

namespace Proxy.Cluster.Shares;

/// <summary>Runs the share machines: gives them messages and the time, carries out what they want. The machines outlive
/// a restart of the actor, because requests wait in them.</summary>
internal sealed class ShareActor(
    IActorContext<ShareInput> context, RateShareMachine rates, LimitShares shares, IShareLink link)
    : Actor<ShareInput>(context)
{
    // A fifth of the patience: nobody waits much longer than that.
    private static readonly TimeSpan TickTime = TimeSpan.FromMilliseconds(5);
    private bool _ticking;

    protected override void PreStart() => Continue();

    protected override void Receive(ShareInput message)
    {
        long now = Now();
        switch (message)
        {
            case ShareInput.Ask ask:
                rates.Ask(ask.Limiter, ask.Key, ask.Answer, now);
                break;
            case ShareInput.Received received:
                rates.Receive(received.Node, received.Message, shares, now);
                break;
            case ShareInput.Nodes nodes:
                rates.SetNodes(nodes.Live, shares, now);
                break;
            case ShareInput.Limits limits:
                rates.SetLimits(limits.Running);
                break;
            case ShareInput.Tick:
                rates.Tick(shares, now);
                break;
        }

        Continue();
    }

    /// <summary>The clock the loops use, in nanoseconds.</summary>
    private long Now() =>
        (long)((Int128)Context.Time.GetTimestamp() * 1_000_000_000 / Context.Time.TimestampFrequency);

    private void Continue()
    {
        foreach (RateShareEffect effect in rates.TakeEffects())
        {
            switch (effect)
            {
                case RateShareEffect.Send send:
                    link.Send(send.Node, send.Message.Encode());
                    break;
                case RateShareEffect.Answer answer:
                    answer.To.Answered(answer.Verdict);
                    break;
            }
        }

        if (rates.NeedsTicks == _ticking)
        {
            return;
        }

        _ticking = rates.NeedsTicks;
        if (_ticking)
        {
            Context.StartTimer("tick", new ShareInput.Tick(), TickTime, TickTime);
        }
        else
        {
            Context.CancelTimer("tick");
        }
    }
}
