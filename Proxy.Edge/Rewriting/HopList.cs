using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>The hops that a trusted peer lists, in the one field that is believed, and the same hops written into
/// either field.</summary>
internal sealed class HopList(TrustedChain chain)
{
    /// <summary>Hops looked at, nearest first; a longer list is cut so that a forged one costs little.</summary>
    public const int MaxHops = 32;

    public HeaderId Field { get; } = chain == TrustedChain.Forwarded ? HeaderId.Forwarded : HeaderId.XForwardedFor;

    /// <summary>Reads the hops, nearest first; what is not an address reads as unknown.</summary>
    /// <returns>Number of hops read, at most the length of <paramref name="hops"/>.</returns>
    public int Read(RequestHead head, Span<ClientAddress> hops)
    {
        int count = 0;
        for (int i = head.FieldCount - 1; i >= 0 && head.Has(Field); i--)
        {
            ReadOnlySpan<byte> rest = head.Fields[i].Id == Field ? head.Value(i) : default;
            while (ForwardedChain.TryPrevious(ref rest, Field == HeaderId.Forwarded, out ReadOnlySpan<byte> element))
            {
                if (count == hops.Length)
                {
                    return count;
                }

                _ = TryReadHop(element, out hops[count++]);
            }
        }

        return count;
    }

    /// <summary>Writes X-Forwarded-For with the hops so far and the peer.</summary>
    public void WriteForwardedFor(RequestHead head, ClientAddress peer, ref ByteWriter writer)
    {
        writer.Add("X-Forwarded-For: "u8);
        if (Field == HeaderId.XForwardedFor)
        {
            CopyHops(head, ref writer);
        }
        else
        {
            TranslateHops(head, asNodes: false, ref writer);
        }

        ForwardingLines.AddAddress(ref writer, peer);
        writer.Add("\r\n"u8);
    }

    /// <summary>Writes Forwarded with the hops so far; the element of this hop follows. An open quote would swallow
    /// that element, so such a list is written anew.</summary>
    public void WriteForwarded(RequestHead head, ref ByteWriter writer)
    {
        writer.Add("Forwarded: "u8);
        if (Field == HeaderId.Forwarded && IsBalanced(head))
        {
            CopyHops(head, ref writer);
        }
        else
        {
            TranslateHops(head, asNodes: true, ref writer);
        }
    }

    /// <summary>A parameter of the nearest hop's Forwarded element.</summary>
    public static ReadOnlySpan<byte> LastParameter(RequestHead head, ReadOnlySpan<byte> name)
    {
        for (int i = head.FieldCount - 1; i >= 0 && head.Has(HeaderId.Forwarded); i--)
        {
            ReadOnlySpan<byte> rest = head.Fields[i].Id == HeaderId.Forwarded ? head.Value(i) : default;
            if (ForwardedChain.TryPrevious(ref rest, quotes: true, out ReadOnlySpan<byte> element))
            {
                return ForwardedChain.Parameter(element, name);
            }
        }

        return default;
    }

    private bool IsBalanced(RequestHead head)
    {
        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == Field && !ForwardedChain.IsBalanced(head.Value(i)))
            {
                return false;
            }
        }

        return true;
    }

    private void CopyHops(RequestHead head, ref ByteWriter writer)
    {
        for (int i = 0; i < head.FieldCount && head.Has(Field); i++)
        {
            if (head.Fields[i].Id == Field && head.Fields[i].ValueLength != 0)
            {
                writer.Add(head.Value(i));
                writer.Add(", "u8);
            }
        }
    }

    private void TranslateHops(RequestHead head, bool asNodes, ref ByteWriter writer)
    {
        Span<ClientAddress> hops = stackalloc ClientAddress[MaxHops];
        for (int i = Read(head, hops) - 1; i >= 0; i--)
        {
            if (asNodes)
            {
                ForwardingLines.AddNode(ref writer, hops[i]);
            }
            else
            {
                ForwardingLines.AddAddress(ref writer, hops[i]);
            }

            writer.Add(", "u8);
        }
    }

    private bool TryReadHop(ReadOnlySpan<byte> element, out ClientAddress hop) => ForwardedChain.TryReadNode(
        Field == HeaderId.Forwarded ? ForwardedChain.Parameter(element, "for"u8) : element, out hop);
}
