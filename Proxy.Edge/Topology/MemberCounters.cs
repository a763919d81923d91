using System.Runtime.InteropServices;

namespace Proxy.Edge.Topology;

/// <summary>What one loop counts about one member. Written by that loop alone, read by anybody with Volatile.Read;
/// each instance sits on cache lines of its own so that loops do not slow each other down.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public sealed class MemberCounters
{
    // Fields, not properties: the loop increments them in place and samplers read them by reference.
#pragma warning disable CA1051
    public long Padding0;
    public long Padding1;
    public int InFlight;
    public int IdleConnections;
    public long Requests;
    public long Retries;
    public long ConnectFailures;
    public long ResponseFailures;
    public long ConnectionsOpened;
    public long BytesToOrigin;
    public long BytesFromOrigin;
    public long Status1xx;
    public long Status2xx;
    public long Status3xx;
    public long Status4xx;
    public long Status5xx;
    public long ResponseMicroseconds;
#pragma warning restore CA1051
}
