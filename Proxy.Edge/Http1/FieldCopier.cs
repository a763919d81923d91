using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Copies the field lines of a head as they were received, in runs as long as possible: neighbouring lines
/// that stay are one move. Neither the start line nor the blank line is written.</summary>
public static class FieldCopier
{
    /// <summary>Copies all fields but the hop-by-hop ones and those whose <see cref="HeaderId"/> bit is set in
    /// <paramref name="dropIds"/>. False when they do not fit; <paramref name="destination"/> is then undefined. It may
    /// overlap the head only when it starts at or before the head's first field line.</summary>
    public static bool Copy(MessageHead head, ulong dropIds, Span<byte> destination, out int written) =>
        Copy(head, dropIds, default, destination, out written);

    /// <summary>The same, leaving out also each field n whose bit n is set in <paramref name="skip"/> (bit n % 64 of
    /// word n / 64; missing words count as zero).</summary>
    public static bool Copy(
        MessageHead head, ulong dropIds, ReadOnlySpan<ulong> skip, Span<byte> destination, out int written)
    {
        written = 0;
        ReadOnlySpan<HeaderField> fields = head.Fields.AsSpan(0, head.FieldCount);
        int run = head.FieldsStart;
        int runEnd = run;
        for (int i = 0; i < fields.Length; i++)
        {
            ref readonly HeaderField field = ref fields[i];
            bool drop = field.HopByHop || (dropIds >> (int)field.Id & 1) != 0
                || (i >> 6 < skip.Length && (skip[i >> 6] >> (i & 63) & 1) != 0);
            if (drop)
            {
                if (!CopyRun(head.Buffer.AsSpan(run, runEnd - run), destination, ref written))
                {
                    return false;
                }

                run = field.LineEnd;
            }

            runEnd = field.LineEnd;
        }

        return CopyRun(head.Buffer.AsSpan(run, runEnd - run), destination, ref written);
    }

    private static bool CopyRun(ReadOnlySpan<byte> run, Span<byte> destination, ref int written)
    {
        if (run.Length > destination.Length - written)
        {
            return false;
        }

        run.CopyTo(destination[written..]);
        written += run.Length;
        return true;
    }
}
