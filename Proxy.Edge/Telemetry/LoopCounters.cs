using System.Runtime.InteropServices;

namespace Proxy.Edge.Telemetry;

/// <summary>What one loop counts. Written by that loop alone, read by anybody with Volatile.Read. Only numbers, so
/// that the layout is kept and the padding at both ends holds other loops' cache lines off.</summary>
[StructLayout(LayoutKind.Sequential, Size = 448)]
public sealed class LoopCounters
{
    // Fields, not properties: the loop increments them in place and samplers read them by reference.
#pragma warning disable CA1051
    public long Padding0;
    public long Padding1;
    public long Padding2;
    public long Padding3;
    public long Padding4;
    public long Padding5;
    public long Padding6;
    public long ConnectionsAccepted;

    /// <summary>Client connections open now.</summary>
    public long ConnectionsOpen;

    /// <summary>Closed right after accepting because of a limit.</summary>
    public long ConnectionsRefused;
    public long Requests;

    public StatusCounts Responses;
    public long BytesFromClients;
    public long BytesToClients;

    /// <summary>Attempts after the first one of an exchange.</summary>
    public long Retries;

    /// <summary>Connections that became tunnels, and those which are tunnels now.</summary>
    public long Upgrades;
    public long TunnelsOpen;

    /// <summary>Handshakes with clients that succeeded, and those of them that resumed a session.</summary>
    public long TlsHandshakes;
    public long TlsResumed;

    /// <summary>Body bytes that never entered user space.</summary>
    public long SpliceBytes;

    /// <summary>Rounds of the loop, and microseconds it was not waiting.</summary>
    public long Turns;
    public long BusyMicroseconds;
    public long TimerFires;

    /// <summary>Access log records written and dropped because the writer did not keep up.</summary>
    public long AccessLogRecords;
    public long AccessLogDrops;

    /// <summary>Bytes held by the loop's buffer pool.</summary>
    public long PoolMemoryBytes;
#pragma warning restore CA1051
}
