using System.Globalization;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>One run: the proxy's loop composed as a node composes it, clients and origins around it, and the final
/// account.</summary>
internal sealed class EdgeSimulationRun : IObservationSink
{
    /// <summary>Virtual time after which a run that still goes on counts as stuck. Time-outs are of seconds, but a
    /// client that keeps up the minimum rate may take an hour for its answers.</summary>
    private const long LimitMicroseconds = 10_000_000_000;

    private readonly SimEdge _edge;
    private readonly long _started;

    public EdgeSimulationRun(int seed, bool http2 = false)
    {
        Loop = new SimLoop(seed);
        Plan = new EdgeSimulationPlan(Random, http2);
        _started = Loop.Now;
        _edge = new SimEdge(Loop, Plan.Snapshot, this);
        Loop.Network.Link = DrawLink;
        foreach (SocketTarget origin in Plan.Origins)
        {
            Loop.Network.Serve(origin, new EdgeSimulationOrigin(this));
        }
    }

    public SimLoop Loop { get; }

    public Random Random => Loop.Random;

    public EdgeSimulationPlan Plan { get; }

    public EdgeSimulationLedger Ledger { get; } = new();

    public void Observe(in Observation observation) => Loop.Note(observation.Status, (long)observation.Outcome);

    /// <summary>A client's connection; some read slowly.</summary>
    public SimPeer Connect(SocketTarget target, ISimScript script)
    {
        SimPeer peer = Loop.Network.ConnectIn(target, ClientAddress.FromIpv4(0x0A000001), 4000);
        peer.Script = script;
        if (Random.Next(4) == 0)
        {
            peer.ReadBytes = (Plan.Calm ? 2000 : 1) + Random.Next(5000);
            peer.ReadPause = Random.NextInt64(Plan.Calm ? 20_000 : 100_000);
        }

        return peer;
    }

    public void Play()
    {
        int clients = 1 + Random.Next(5);
        for (int i = 0; i < clients; i++)
        {
            Action<SocketTarget> connect = Plan.IsHttp2
                ? new EdgeSimulationHttp2Client(this).Connect
                : new EdgeSimulationClient(this).Connect;
            Loop.After(
                Random.NextInt64(Random.Next(2) == 0 ? 1_000 : 3_000_000),
                () => connect(EdgeSimulationPlan.Bind));
        }

        if (!Plan.Calm && Random.Next(8) == 0)
        {
            Loop.After(Random.NextInt64(3_000_000), Drain);
        }

        while (Ledger.Failure is null && !Ledger.IsVoid && Loop.Turn())
        {
            if (Loop.Failures.Count > 0)
            {
                Ledger.Fail(Loop.Failures[0].ToString());
            }

            if (Loop.Now - _started > LimitMicroseconds)
            {
                // Clients may still be reading what their kernel holds; the proxy has nothing to wait for any more.
                break;
            }
        }

        if (Ledger.Failure is null && !Ledger.IsVoid)
        {
            CheckNothingIsLeft();
        }
    }

    /// <summary>A size drawn so that borders of buffers and the paths for large bodies are met often enough.</summary>
    public int BodyBytes() => Random.Next(16) switch
    {
        < 3 => Random.Next(3),
        < 11 => Random.Next(2000),
        < 13 => Random.Next(20_000),
        13 => 3900 + Random.Next(300),
        14 => 64 * 1024,
        _ => Random.Next(200_000),
    };

    /// <summary>Frames a body in chunks of any size, digits in both cases, sometimes with extensions.</summary>
    public byte[] Chunk(byte[] body, bool trailers)
    {
        var framed = new List<byte>(body.Length + 64);
        for (int at = 0; at < body.Length;)
        {
            int size = 1 + Random.Next(Random.Next(3) == 0 ? Math.Min(20, body.Length - at) : body.Length - at);
            string digits = size.ToString(Random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture);
            framed.AddRange(Encoding.ASCII.GetBytes(Random.Next(10) == 0 ? digits + ";name=value\r\n" : digits + "\r\n"));
            framed.AddRange(body.AsSpan(at, size));
            framed.AddRange("\r\n"u8);
            at += size;
        }

        framed.AddRange("0\r\n"u8);
        framed.AddRange(trailers ? "X-Trailer: end\r\n\r\n"u8 : "\r\n"u8);
        return [.. framed];
    }

    private SimLink DrawLink() => new(Window(), Window(), 1 + Random.NextInt64(Random.Next(3) == 0 ? 40_000 : 500));

    private int Window() => Random.Next(6) switch
    {
        0 => 200 + Random.Next(2000),
        1 => 2000 + Random.Next(8000),
        _ => 64 * 1024 << Random.Next(3),
    };

    private void Drain()
    {
        _edge.Services.IsDraining = true;
        _edge.Slot.StopListening();
        _edge.Slot.CloseIdle(Loop.Now);
        Loop.After(Random.NextInt64(3_000_000), () => _edge.Slot.CloseAll());
    }

    private void CheckNothingIsLeft()
    {
        Ledger.Check(_edge.Slot.Count == 0 && _edge.Budget.Open == 0, () => $"the loop rests and clients wait: {Leftovers()}");
        Ledger.Check(Loop.Timers.Count == 0, () => $"timers are left: {Leftovers()}");
        Ledger.Check(Loop.Buffers.RentedBytes == 0, () => $"buffers are left: {Leftovers()}");
        Ledger.Check(
            _edge.Services.Telemetry.Counters.ConnectionsOpen == 0, () => $"open by count: {_edge.Services.Telemetry.Counters.ConnectionsOpen}");
        foreach (var member in Plan.Pool.Members)
        {
            MemberCounters counters = member.State.Counters(0);
            Ledger.Check(
                counters.InFlight == 0 && counters.IdleConnections == 0,
                () => $"{member.State}: {counters.InFlight} in flight, {counters.IdleConnections} idle");
            Ledger.Check(
                Enumerable.Range(0, 5).All(_ => member.State.TryTakeSlot(5)), () => $"{member.State}: a slot was not given back");
            Ledger.Check(!member.State.TryTakeSlot(5), () => $"{member.State}: a slot was given back twice");
        }
    }

    private string Leftovers() =>
        $"{_edge.Slot.Count} connections, {Loop.Timers.Count} timers, {Loop.Buffers.RentedBytes} bytes, "
        + $"{Plan.Pool.Members.Sum(static m => m.State.InFlight)} in flight, {(Loop.Now - _started) / 1000} ms";
}
