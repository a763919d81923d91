namespace Proxy.Edge.Http2.Hpack;

/// <summary>Decodes Huffman-coded strings four bits at a time (RFC 7541 §5.2). Between two steps the position in the
/// code tree is the state; a step passes at most one symbol, because no code is shorter than five bits.</summary>
internal static class Huffman
{
    private const int Invalid = 0xFFFF;

    private static readonly Step[] Steps = Build();

    /// <summary>Decodes <paramref name="coded"/>; returns the length written, -1 when it is not a proper coding, -2
    /// when it does not fit.</summary>
    public static int Decode(ReadOnlySpan<byte> coded, Span<byte> into)
    {
        int state = 0;
        int written = 0;
        bool ends = true;
        foreach (byte value in coded)
        {
            if (written + 2 > into.Length)
            {
                return -2;
            }

            Step first = Steps[(state * 16) + (value >> 4)];
            if (first.Next == Invalid)
            {
                return -1;
            }

            if (first.Emits)
            {
                into[written++] = first.Symbol;
            }

            Step second = Steps[(first.Next * 16) + (value & 15)];
            if (second.Next == Invalid)
            {
                return -1;
            }

            if (second.Emits)
            {
                into[written++] = second.Symbol;
            }

            state = second.Next;
            ends = second.MayEnd;
        }

        // Padding is at most seven bits, all ones (§5.2); anything else would be another way to write the same.
        return ends ? written : -1;
    }

    private static Step[] Build()
    {
        // Nodes of the code tree: children[node, bit] is a node, or -1 - symbol, or 0 when missing.
        int[,] children = new int[512, 2];
        int nodes = 1;
        int code = 0;
        int length = 0;
        foreach (int symbol in Enumerable.Range(0, 257).OrderBy(static s => HuffmanLengths.Bits[s]))
        {
            int bits = HuffmanLengths.Bits[symbol];
            code = length == 0 ? 0 : (code + 1) << (bits - length);
            length = bits;
            int node = 0;
            for (int i = bits - 1; i > 0; i--)
            {
                ref int child = ref children[node, (code >> i) & 1];
                if (child == 0)
                {
                    child = nodes++;
                }

                node = child;
            }

            children[node, code & 1] = -1 - symbol;
        }

        var padding = new HashSet<int> { 0 };
        for (int i = 0, node = 0; i < 7; i++)
        {
            node = children[node, 1];
            padding.Add(node);
        }

        var steps = new Step[nodes * 16];
        for (int node = 0; node < nodes; node++)
        {
            for (int nibble = 0; nibble < 16; nibble++)
            {
                steps[(node * 16) + nibble] = Walk(children, padding, node, nibble);
            }
        }

        return steps;
    }

    private static Step Walk(int[,] children, HashSet<int> padding, int node, int nibble)
    {
        byte symbol = 0;
        bool emits = false;
        for (int i = 3; i >= 0; i--)
        {
            int child = children[node, (nibble >> i) & 1];
            if (child >= 0)
            {
                node = child;
                continue;
            }

            if (-1 - child == HuffmanLengths.EndOfString)
            {
                return new Step(Invalid, 0, false, false);
            }

            symbol = (byte)(-1 - child);
            emits = true;
            node = 0;
        }

        return new Step((ushort)node, symbol, emits, padding.Contains(node));
    }

    private readonly record struct Step(ushort Next, byte Symbol, bool Emits, bool MayEnd);
}
