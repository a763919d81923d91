using System.Text;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Carries out what the node says. A record that makes no sense is answered with a Problem and otherwise
/// ignored: the guard outlives nodes of any version.</summary>
internal sealed class GuardOrders(
    GuardCore core, GuardSet set, GuardWires wires, NodeWatch watch, ControlChannel control)
{
    private readonly List<GuardedRouter> _pending = [];
    private readonly byte[] _record = new byte[512];
    private bool _isConfiguring;

    /// <summary>The node asked for the guard's end.</summary>
    public bool IsStopWanted { get; private set; }

    /// <summary>Bytes this thread had allocated when the last configuration was complete.</summary>
    public long AllocatedAtCommit { get; private set; }

    public GuardClock Clock { get; } = new();

    /// <param name="record">What came.</param>
    /// <param name="now">Microseconds.</param>
    /// <param name="hello">Set when the record was a Hello: whom to watch from now on.</param>
    public void Handle(ReadOnlySpan<byte> record, long now, out GuardHello? hello)
    {
        hello = null;
        watch.Beat(now);
        switch (GuardProtocol.KindOf(record))
        {
            case GuardRecord.Heartbeat:
                break;
            case GuardRecord.Hello when GuardProtocol.TryRead(record, out GuardHello said):
                _pending.Clear();
                _isConfiguring = true;
                watch.Arrived(said.HangAfter, now);
                hello = said;
                break;
            case GuardRecord.Configure:
                Configure(record);
                break;
            case GuardRecord.Commit:
                Commit(now);
                break;
            case GuardRecord.Stop:
                IsStopWanted = true;
                break;
            case GuardRecord.Query:
                Count();
                break;
            default:
                if (GuardProtocol.TryReadOrder(
                    record, out ushort id, out byte source, out int amount, out NetAddress address))
                {
                    Order(GuardProtocol.KindOf(record), id, source, amount, address, now);
                }
                else
                {
                    Complain(GuardProtocol.All, "a record that makes no sense");
                }

                break;
        }
    }

    public void Complain(ushort id, string problem)
    {
        int length = GuardProtocol.WriteOrder(_record, GuardRecord.Problem, id);
        length += Encoding.UTF8.GetBytes(problem.AsSpan(0, Math.Min(problem.Length, 120)), _record.AsSpan(length));
        control.Send(_record.AsSpan(0, length));
    }

    private void Configure(ReadOnlySpan<byte> record)
    {
        if (SettingsRecord.Read(record) is not { } settings)
        {
            Complain(GuardProtocol.All, "settings of a virtual router that cannot be read");
            return;
        }

        foreach (string problem in settings.Problems())
        {
            Complain(settings.Id, problem);
        }

        if (settings.Problems().Count > 0)
        {
            return;
        }

        _isConfiguring = true;
        _pending.RemoveAll(router => router.Settings.Id == settings.Id);
        GuardedRouter? current = core.Find(settings.Id);
        _pending.Add(
            current is not null && record.SequenceEqual(current.Record)
                ? current
                : new GuardedRouter(settings, record.ToArray()));
    }

    private void Commit(long now)
    {
        if (_isConfiguring)
        {
            set.Commit([.. _pending], now);
            wires.Attend(core.Routers);
            _pending.Clear();
            _isConfiguring = false;
        }

        foreach (GuardedRouter router in core.Routers)
        {
            wires.Report(router, VrrpInputKind.Start);
        }

        Clock.Reset();
        AllocatedAtCommit = GC.GetAllocatedBytesForCurrentThread();
    }

    private void Order(GuardRecord kind, ushort id, byte source, int amount, NetAddress address, long now)
    {
        if (kind == GuardRecord.Goodbye)
        {
            watch.SaidGoodbye(amount * 1000L, now);
            return;
        }

        if (kind == GuardRecord.Linger)
        {
            if (core.Find(id) is { } router)
            {
                wires.SetLinger(router, Math.Clamp(amount, 0, 86_400));
            }

            return;
        }

        if (!TryTranslate(kind, source, amount, address, out VrrpInput input))
        {
            Complain(id, "an order that makes no sense");
            return;
        }

        foreach (GuardedRouter router in _pending)
        {
            // Not at work yet: only what is remembered matters, and nothing comes of it.
            if ((id == GuardProtocol.All || router.Settings.Id == id) && !core.Routers.Contains(router))
            {
                router.Machine.Handle(input, now);
            }
        }

        foreach (GuardedRouter router in core.Routers)
        {
            if (id == GuardProtocol.All || router.Settings.Id == id)
            {
                Feed(router, input, now);
            }
        }
    }

    private void Feed(GuardedRouter router, in VrrpInput input, long now)
    {
        if (input.Kind != VrrpInputKind.Weight)
        {
            core.Feed(router, input, now);
            return;
        }

        // Members of a group must keep one priority.
        core.FeedGroup(router, input, now);
        wires.Report(router, VrrpInputKind.Weight);
    }

    private static bool TryTranslate(
        GuardRecord kind, byte source, int amount, NetAddress address, out VrrpInput input)
    {
        bool isTrack = source < (byte)VrrpTrack.Group;
        input = (kind, source) switch
        {
            (GuardRecord.Fault, _) when isTrack => VrrpInput.Fault((VrrpTrack)source, amount != 0),
            (GuardRecord.Weight, _) when isTrack =>
                VrrpInput.Weight((VrrpTrack)source, Math.Clamp(amount, -253, 253)),
            (GuardRecord.Resign, _) => VrrpInput.Resign,
            (GuardRecord.TakeOver, _) => VrrpInput.TakeOver,
            (GuardRecord.Hint, (byte)PeerHint.Died) => VrrpInput.PeerDied(address),
            (GuardRecord.Hint, (byte)PeerHint.Resigned) => VrrpInput.PeerResigned(address),
            (GuardRecord.Hint, (byte)PeerHint.Appeared) => VrrpInput.PeerAppeared(address),
            _ => VrrpInput.Tick,
        };
        return input.Kind != VrrpInputKind.Tick;
    }

    private void Count()
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread() - AllocatedAtCommit;
        foreach (GuardedRouter router in core.Routers)
        {
            int length = GuardProtocol.Write(_record, new RouterCounters(
                router.Settings.Id,
                router.Sent,
                router.Received,
                router.Refused,
                router.Takeovers,
                router.Announced,
                allocated,
                Clock.WorstLateness,
                Clock.LatenessOf(990),
                Clock.LatenessOf(999),
                router.Beat.Covered));
            control.Send(_record.AsSpan(0, length));
        }
    }
}
