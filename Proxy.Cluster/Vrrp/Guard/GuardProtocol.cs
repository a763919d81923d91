using System.Buffers.Binary;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>First byte of a record between node and guard. Numbers stay as they are for ever.</summary>
internal enum GuardRecord : byte
{
    None,

    // From the node.
    Hello = 1,
    Configure = 2,
    Commit = 3,
    Heartbeat = 4,
    Fault = 5,
    Weight = 6,
    Resign = 7,
    TakeOver = 8,
    Hint = 9,
    Goodbye = 10,
    Stop = 11,
    Query = 12,
    Linger = 13,

    // From the guard.
    Ready = 101,
    State = 102,
    Refused = 103,
    Problem = 104,
    Counters = 105,
    Replaced = 106,
}

internal enum PeerHint : byte
{
    Died,
    Resigned,
    Appeared,
}

/// <summary>Node to guard, kind Hello.</summary>
/// <param name="ProcessId">Whose end counts as the node's end; 0 = the process at the other end of the socket.</param>
/// <param name="HangAfter">Microseconds without any record after which the node counts as hung; 0 = never.</param>
/// <param name="ThreadId">A thread of that process that lives as long as it does, 0 = none. A thread's end is seen at
/// once; a process's only when its memory has been given back, which takes milliseconds.</param>
internal readonly record struct GuardHello(int ProcessId, long HangAfter, int ThreadId = 0);

/// <summary>Guard to node: whether it has all it needs.</summary>
/// <param name="ProcessId">The guard's.</param>
/// <param name="IsRealTime">Whether it runs before ordinary processes.</param>
internal readonly record struct GuardReady(int ProcessId, bool IsRealTime);

/// <summary>Guard to node: a virtual router as it is now, sent at each change and for all after Commit.</summary>
/// <param name="Id">Which.</param>
/// <param name="State">Its state.</param>
/// <param name="Priority">What it advertises or would.</param>
/// <param name="Faults">Bit by <see cref="VrrpTrack"/>.</param>
/// <param name="Cause">What brought it here.</param>
/// <param name="Master">Who has the addresses, as far as is known.</param>
internal readonly record struct RouterReport(
    ushort Id, VrrpState State, byte Priority, uint Faults, VrrpInputKind Cause, NetAddress Master);

/// <summary>Guard to node: a packet was dropped, or accepted with a warning (reason None: the lists of addresses
/// differ). At most one a second for each router; <paramref name="Count"/> is the total.</summary>
internal readonly record struct RefusalReport(ushort Id, VrrpRefusal Reason, uint Count, NetAddress Source);

/// <summary>Guard to node, on Query.</summary>
/// <param name="Id">Which router.</param>
/// <param name="Sent">Adverts sent.</param>
/// <param name="Received">Adverts accepted.</param>
/// <param name="Refused">Packets dropped.</param>
/// <param name="Takeovers">Times it became master.</param>
/// <param name="Announced">Announcements of all its addresses.</param>
/// <param name="AllocatedBytes">By the guard's loop since the last Commit; 0 unless something is wrong.</param>
/// <param name="WorstLateness">Microseconds by which a timer fired late at most, since the last Commit.</param>
/// <param name="LatenessOf99">The same for 99 of 100 timers.</param>
/// <param name="LatenessOf999">The same for 999 of 1,000 timers.</param>
/// <param name="Covered">Adverts that the stand-in said because the loop was held up.</param>
internal readonly record struct RouterCounters(
    ushort Id, uint Sent, uint Received, uint Refused, uint Takeovers, uint Announced, long AllocatedBytes,
    long WorstLateness, long LatenessOf99 = 0, long LatenessOf999 = 0, uint Covered = 0);

/// <summary>The records of fixed size, little endian. Each writer returns the length; each reader returns false for a
/// record that is too short. Nothing allocates.</summary>
internal static class GuardProtocol
{
    public const byte Version = 1;
    public const int MaxRecord = 16 * 1024;

    /// <summary>Instead of a router's number: all of them.</summary>
    public const ushort All = 0xffff;

    public static GuardRecord KindOf(ReadOnlySpan<byte> record) =>
        record.IsEmpty ? GuardRecord.None : (GuardRecord)record[0];

    public static int Write(Span<byte> buffer, GuardHello hello)
    {
        buffer[0] = (byte)GuardRecord.Hello;
        buffer[1] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(buffer[2..], hello.ProcessId);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[6..], hello.HangAfter);
        BinaryPrimitives.WriteInt32LittleEndian(buffer[14..], hello.ThreadId);
        return 18;
    }

    public static bool TryRead(ReadOnlySpan<byte> record, out GuardHello hello)
    {
        bool isWhole = record.Length >= 14 && record[1] >= Version;
        hello = isWhole
            ? new(BinaryPrimitives.ReadInt32LittleEndian(record[2..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[6..]),
                record.Length >= 18 ? BinaryPrimitives.ReadInt32LittleEndian(record[14..]) : 0)
            : default;
        return isWhole;
    }

    /// <summary>Fault, Weight, Resign, TakeOver, Hint, Goodbye: kind, router, source, amount, address. One layout for
    /// all, so that there is one place to get it wrong.</summary>
    public static int WriteOrder(
        Span<byte> buffer, GuardRecord kind, ushort id, byte source = 0, int amount = 0, NetAddress address = default)
    {
        buffer[..25].Clear();
        buffer[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[1..], id);
        buffer[3] = source;
        BinaryPrimitives.WriteInt32LittleEndian(buffer[4..], amount);
        buffer[8] = (byte)address.Family;
        address.Write(buffer[9..]);
        return 25;
    }

    public static bool TryReadOrder(
        ReadOnlySpan<byte> record, out ushort id, out byte source, out int amount, out NetAddress address)
    {
        bool isWhole = record.Length >= 25 && record[8] <= (byte)IpFamily.V6;
        id = isWhole ? BinaryPrimitives.ReadUInt16LittleEndian(record[1..]) : default;
        source = isWhole ? record[3] : default;
        amount = isWhole ? BinaryPrimitives.ReadInt32LittleEndian(record[4..]) : default;
        address = isWhole ? NetAddress.Read((IpFamily)record[8], record[9..]) : default;
        return isWhole;
    }

    public static int Write(Span<byte> buffer, GuardReady ready)
    {
        buffer[0] = (byte)GuardRecord.Ready;
        buffer[1] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(buffer[2..], ready.ProcessId);
        buffer[6] = ready.IsRealTime ? (byte)1 : (byte)0;
        return 7;
    }

    public static bool TryRead(ReadOnlySpan<byte> record, out GuardReady ready)
    {
        bool isWhole = record.Length >= 7;
        ready = isWhole ? new(BinaryPrimitives.ReadInt32LittleEndian(record[2..]), record[6] != 0) : default;
        return isWhole;
    }

    public static int Write(Span<byte> buffer, in RouterReport report)
    {
        int length = WriteOrder(
            buffer, GuardRecord.State, report.Id, (byte)report.State, report.Priority, report.Master);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[length..], report.Faults);
        buffer[length + 4] = (byte)report.Cause;
        return length + 5;
    }

    public static bool TryRead(ReadOnlySpan<byte> record, out RouterReport report)
    {
        report = default;
        if (record.Length < 30
            || !TryReadOrder(record, out ushort id, out byte state, out int priority, out NetAddress master))
        {
            return false;
        }

        report = new(
            id,
            (VrrpState)state,
            (byte)priority,
            BinaryPrimitives.ReadUInt32LittleEndian(record[25..]),
            (VrrpInputKind)record[29],
            master);
        return true;
    }

    public static int Write(Span<byte> buffer, in RefusalReport report) => WriteOrder(
        buffer, GuardRecord.Refused, report.Id, (byte)report.Reason, (int)report.Count, report.Source);

    public static bool TryRead(ReadOnlySpan<byte> record, out RefusalReport report)
    {
        bool isWhole = TryReadOrder(record, out ushort id, out byte reason, out int count, out NetAddress source);
        report = isWhole ? new(id, (VrrpRefusal)reason, (uint)count, source) : default;
        return isWhole;
    }

    public static int Write(Span<byte> buffer, in RouterCounters counters)
    {
        buffer[0] = (byte)GuardRecord.Counters;
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[1..], counters.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[3..], counters.Sent);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[7..], counters.Received);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[11..], counters.Refused);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[15..], counters.Takeovers);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[19..], counters.Announced);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[23..], counters.AllocatedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[31..], counters.WorstLateness);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[39..], counters.LatenessOf99);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[47..], counters.LatenessOf999);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[55..], counters.Covered);
        return 59;
    }

    public static bool TryRead(ReadOnlySpan<byte> record, out RouterCounters counters)
    {
        counters = default;
        if (record.Length < 39)
        {
            return false;
        }

        counters = new(
            BinaryPrimitives.ReadUInt16LittleEndian(record[1..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[3..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[7..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[11..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[15..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[19..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[23..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[31..]),
            record.Length < 55 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(record[39..]),
            record.Length < 55 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(record[47..]),
            record.Length < 59 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(record[55..]));
        return true;
    }
}
