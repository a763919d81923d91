using Proxy.Actors.Runtime;
using Proxy.Edge.Limits;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Shares;

/// <summary>Runs the share machines: gives them messages and the time, carries out what they want. The machines outlive
/// a restart of the actor, because requests wait in them.</summary>
internal sealed class ShareActor(
    IActorContext<ShareInput> context, ShareMachines machines, LimitShares shares, IShareLink link, ISlotQueue slots)
    : Actor<ShareInput>(context)
{
    // A fifth of the patience: nobody waits much longer than that.
    private static readonly TimeSpan RateTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan SlotTime =
        TimeSpan.FromTicks(SlotShareMachine.Interval / TimeSpan.NanosecondsPerTick);

    private readonly RateShareMachine _rates = machines.Rates;
    private readonly SlotShareMachine _slots = machines.Slots;
    private bool _rateTicks;
    private bool _slotTicks;

    protected override void PreStart() => CarryOut();

    protected override void Receive(ShareInput message)
    {
        long now = Now();
        switch (message)
        {
            case ShareInput.Ask ask:
                _rates.Ask(ask.Limiter, ask.Key, ask.Answer, now);
                break;
            case ShareInput.Received { Message: ShareMessage.SlotReport or ShareMessage.SlotGrant } received:
                _slots.Receive(received.Node, received.Message, now);
                break;
            case ShareInput.Received received:
                _rates.Receive(received.Node, received.Message, shares, now);
                break;
            case ShareInput.Nodes nodes:
                _rates.SetNodes(nodes.Live, shares, now);
                _slots.SetNodes(nodes.Live, now);
                break;
            case ShareInput.Limits limits:
                _rates.SetLimits(limits.Rates);
                _slots.SetMembers(limits.Members, now);
                break;
            case ShareInput.RateTick:
                _rates.Tick(shares, now);
                break;
            case ShareInput.SlotTick:
                _slots.Tick(now);
                break;
        }

        CarryOut();
    }

    /// <summary>The clock the loops use, in nanoseconds.</summary>
    private long Now() =>
        (long)((Int128)Context.Time.GetTimestamp() * 1_000_000_000 / Context.Time.TimestampFrequency);

    private void CarryOut()
    {
        foreach (RateShareEffect effect in _rates.TakeEffects())
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

        foreach (SlotShareEffect effect in _slots.TakeEffects())
        {
            switch (effect)
            {
                case SlotShareEffect.Send send:
                    link.Send(send.Node, send.Message.Encode());
                    break;
                case SlotShareEffect.Raised { Member.Pool.Waiters.Any: true } raised:
                    slots.Released(raised.Member.Pool.Name, raised.Member.State);
                    break;
            }
        }

        Arm(ref _rateTicks, _rates.NeedsTicks, new ShareInput.RateTick(), RateTime);
        Arm(ref _slotTicks, _slots.NeedsTicks, new ShareInput.SlotTick(), SlotTime);
    }

    private void Arm(ref bool armed, bool needed, ShareInput tick, TimeSpan period)
    {
        if (armed == needed)
        {
            return;
        }

        armed = needed;
        if (needed)
        {
            Context.StartTimer(tick.GetType(), tick, period, period);
        }
        else
        {
            Context.CancelTimer(tick.GetType());
        }
    }
}

/// <summary>What must not be lost when the actor restarts.</summary>
internal sealed record ShareMachines(RateShareMachine Rates, SlotShareMachine Slots);
