using System.Text;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>What a guard tells its node.</summary>
internal abstract record GuardEvent
{
    private GuardEvent()
    {
    }

    /// <summary>Null for a record this version does not know.</summary>
    public static GuardEvent? Read(ReadOnlySpan<byte> record)
    {
        switch (GuardProtocol.KindOf(record))
        {
            case GuardRecord.Ready when GuardProtocol.TryRead(record, out GuardReady ready):
                return new Ready(ready);
            case GuardRecord.State when GuardProtocol.TryRead(record, out RouterReport report):
                return new Router(report);
            case GuardRecord.Refused when GuardProtocol.TryRead(record, out RefusalReport refusal):
                return new Refusal(refusal);
            case GuardRecord.Counters when GuardProtocol.TryRead(record, out RouterCounters counters):
                return new Counters(counters);
            case GuardRecord.Replaced:
                return new Replaced();
            case GuardRecord.Problem when GuardProtocol.TryReadOrder(record, out ushort id, out _, out _, out _):
                return new Problem(id, Encoding.UTF8.GetString(record[25..]));
            default:
                return null;
        }
    }

    /// <summary>The answer to Hello.</summary>
    public sealed record Ready(GuardReady Value) : GuardEvent;

    public sealed record Router(RouterReport Value) : GuardEvent;

    public sealed record Refusal(RefusalReport Value) : GuardEvent;

    public sealed record Counters(RouterCounters Value) : GuardEvent;

    /// <summary>Another node talks to the guard now; this session ends.</summary>
    public sealed record Replaced : GuardEvent;

    /// <summary>For an operator. <see cref="GuardProtocol.All"/> when it is about no router.</summary>
    public sealed record Problem(ushort Id, string Text) : GuardEvent;
}
