using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What one pass over the lines of a head found.</summary>
internal struct HeadLinesResult
{
    /// <summary>Offset of the CR that ends the start line; -1 when the pass has not seen a whole start line.</summary>
    public int StartLineEnd;

    /// <summary>Offset of the first byte of the start line that is no token character.</summary>
    public int StartDelimiter;

    /// <summary>Offset just past the blank line.</summary>
    public int End;

    public int FieldCount;

    /// <summary>Bit n is set when a field with <see cref="HeaderId"/> n occurs, and when it occurs again.</summary>
    public ulong Present;
    public ulong Repeated;

    public HeadFault Fault;
}

/// <summary>The pass over the bytes of a head that requests and responses share: finds the lines, refuses bytes that no
/// head may contain, and fills the field slots. Start lines and the meaning of fields are judged by the callers.
/// <code>
/// HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]     RFC 9112 §2.1
/// field-line   = field-name ":" OWS field-value OWS                             RFC 9112 §5
/// </code></summary>
internal static class HeadLines
{
    /// <summary>Reads the head at <paramref name="start"/>. The first call parses; when the head turns out incomplete,
    /// later calls only judge what has arrived since (whole lines, and the bytes of the last, partial one), and the
    /// call that sees the end parses the whole once more. So a head that arrives byte by byte costs linear time,
    /// without any state but <paramref name="scanned"/>, the number of bytes the earlier calls have seen.</summary>
    public static HeadStatus Read(
        byte[] buffer, int start, int end, int scanned, MessageHead head, int maxFields, out HeadLinesResult result)
    {
        maxFields = Math.Min(maxFields, head.Fields.Length);
        if (scanned == 0)
        {
            return Pass(buffer, start, end, true, head.Fields, maxFields, out result);
        }

        int fresh = Math.Min(start + scanned, end);
        if (buffer.AsSpan(fresh, end - fresh).IndexOf((byte)'\n') < 0)
        {
            result = new HeadLinesResult { StartLineEnd = -1, Fault = JudgePartialLine(buffer, fresh, end) };
            return result.Fault == HeadFault.None ? HeadStatus.Incomplete : HeadStatus.Invalid;
        }

        // Looking back for the start of the line costs its length, and happens once per line.
        int line = start + buffer.AsSpan(start, fresh - start).LastIndexOf((byte)'\n') + 1;
        HeadStatus status = Pass(buffer, line, end, line == start, head.Fields, maxFields, out result);
        return status == HeadStatus.Complete && line != start
            ? Pass(buffer, start, end, true, head.Fields, maxFields, out result)
            : status;
    }

    // Bytes of a line whose end is still missing; the byte before them was seen by an earlier call.
    private static HeadFault JudgePartialLine(byte[] buffer, int fresh, int end)
    {
        for (int i = fresh; i < end; i++)
        {
            byte value = buffer[i];
            if (buffer[i - 1] == '\r' || value == 0x7F || (value < ' ' && value != '\t' && value != '\r'))
            {
                return ByteFault(buffer, i);
            }
        }

        return HeadFault.None;
    }

    // `from` is the start of a line. Unsafe element access leaves out bounds checks only: every offset below is less
    // than `end`, which the caller has checked against the buffer, and every slot index less than maxFields <=
    // fields.Length.
    private static HeadStatus Pass(
        byte[] buffer,
        int from,
        int end,
        bool inStartLine,
        HeaderField[] fields,
        int maxFields,
        out HeadLinesResult result)
    {
        result = new HeadLinesResult { StartLineEnd = -1 };
        ref byte bytes = ref MemoryMarshal.GetArrayDataReference(buffer);
        int line = from;
        int delimiter = -1;
        int badAt = int.MaxValue;
        ulong carry = 0;
        for (int block = from; block < end; block += 64)
        {
            ReadBlock(buffer, block, end, ref carry, out ulong lineFeeds, out ulong delimiters, out ulong bad);
            if (bad != 0 && badAt == int.MaxValue)
            {
                badAt = block + BitOperations.TrailingZeroCount(bad);
            }

            while (lineFeeds != 0)
            {
                int lineFeed = block + BitOperations.TrailingZeroCount(lineFeeds);
                if (lineFeed >= badAt)
                {
                    return Refuse(ref result, ByteFault(buffer, badAt));
                }

                if (delimiter < 0)
                {
                    // The line feed itself is a delimiter, so there is one.
                    delimiter = block + BitOperations.TrailingZeroCount(delimiters);
                }

                if (lineFeed - line == 1)
                {
                    result.End = lineFeed + 1;
                    return inStartLine ? Refuse(ref result, HeadFault.BadStartLine) : HeadStatus.Complete;
                }

                if (inStartLine)
                {
                    inStartLine = false;
                    result.StartLineEnd = lineFeed - 1;
                    result.StartDelimiter = delimiter;
                }
                else if (!TakeField(ref bytes, fields, maxFields, line, delimiter, lineFeed, ref result))
                {
                    return Refuse(ref result, FieldFault(buffer, line, delimiter));
                }

                line = lineFeed + 1;
                delimiter = -1;
                ulong upToLineFeed = lineFeeds ^ (lineFeeds - 1);
                delimiters &= ~upToLineFeed;
                lineFeeds &= lineFeeds - 1;
            }

            if (delimiter < 0 && delimiters != 0)
            {
                delimiter = block + BitOperations.TrailingZeroCount(delimiters);
            }
        }

        return badAt == int.MaxValue ? HeadStatus.Incomplete : Refuse(ref result, ByteFault(buffer, badAt));
    }

    // Classes of up to 64 bytes before `end`. `carry` is 1 when the byte before the block is a CR. Bad is a control, a
    // LF without CR before it, or whatever else follows a CR.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadBlock(
        byte[] buffer, int block, int end, ref ulong carry, out ulong lineFeeds, out ulong delimiters, out ulong bad)
    {
        ByteClasses classes;
        if (block + 64 <= buffer.Length)
        {
            // Reads past `end` stay inside the array; the surplus is masked off below.
            ByteClasses.Read(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), block), out classes);
        }
        else
        {
            ByteClasses.ReadPartial(buffer.AsSpan(block, end - block), out classes);
        }

        ulong mask = end - block < 64 ? (1UL << (end - block)) - 1 : ulong.MaxValue;
        ulong carriageReturns = classes.CarriageReturn & mask;
        ulong afterCarriageReturn = (carriageReturns << 1) | carry;
        carry = carriageReturns >> 63;
        lineFeeds = classes.LineFeed & mask;
        delimiters = classes.Delimiter & mask;
        bad = (classes.Control | (classes.LineFeed ^ afterCarriageReturn)) & mask;
    }

    // `colon` is the first delimiter of the line: a colon, or the line is no field.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TakeField(
        ref byte bytes,
        HeaderField[] fields,
        int maxFields,
        int line,
        int colon,
        int lineFeed,
        ref HeadLinesResult result)
    {
        // One comparison for an empty name and for one whose length does not fit its slot.
        bool badLength = (uint)(colon - line - 1) >= ushort.MaxValue;
        if (Unsafe.Add(ref bytes, colon) != ':' || badLength || result.FieldCount == maxFields)
        {
            return false;
        }

        int value = colon + 1;
        int valueEnd = lineFeed - 1;
        while (IsWhiteSpace(Unsafe.Add(ref bytes, value)))
        {
            value++; // Stops at the CR at the latest.
        }

        while (valueEnd > value && IsWhiteSpace(Unsafe.Add(ref bytes, valueEnd - 1)))
        {
            valueEnd--;
        }

        HeaderId id = HeaderNames.Recognise(ref Unsafe.Add(ref bytes, line), colon - line);
        ulong bit = 1UL << (int)id;
        result.Repeated |= result.Present & bit;
        result.Present |= bit;
        ref HeaderField slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(fields), result.FieldCount++);
        slot.LineStart = line;
        slot.LineEnd = lineFeed + 1;
        slot.ValueStart = value;
        slot.ValueLength = valueEnd - value;
        slot.NameLength = (ushort)(colon - line);
        slot.Id = id;
        slot.HopByHop = (bit & ConnectionOptions.HopByHop) != 0;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWhiteSpace(byte value) => value is (byte)' ' or (byte)'\t';

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeadStatus Refuse(ref HeadLinesResult result, HeadFault fault)
    {
        result.Fault = fault;
        return HeadStatus.Invalid;
    }

    private static HeadFault ByteFault(byte[] buffer, int at) =>
        at > 0 && buffer[at - 1] == '\r' && buffer[at] != '\n' ? HeadFault.BareCr
        : buffer[at] == '\n' ? HeadFault.BareLf
        : HeadFault.ControlCharacter;

    private static HeadFault FieldFault(byte[] buffer, int line, int delimiter) =>
        buffer[line] is (byte)' ' or (byte)'\t' ? HeadFault.ObsFold
        : delimiter == line || buffer[delimiter] != ':' ? HeadFault.BadFieldName
        : delimiter - line > ushort.MaxValue ? HeadFault.HeadTooLarge
        : HeadFault.TooManyFields;
}
