using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Rewriting;

/// <summary>Notices requests that come round again by the received-by parts of Via (RFC 9110 §7.6.3). Several nodes
/// in a row may share one pseudonym, so only many of them are a loop; the unique name of this node is one at its
/// first sight. Immutable.</summary>
public sealed class ViaLoop(string pseudonym, string uniqueName)
{
    /// <summary>More passes than any sensible row of proxies has.</summary>
    public const int MaxPasses = 8;

    private readonly byte[] _pseudonym = Encoding.ASCII.GetBytes(pseudonym);
    private readonly byte[] _uniqueName = Encoding.ASCII.GetBytes(uniqueName);

    public bool IsLoop(RequestHead head)
    {
        if (!head.Has(HeaderId.Via))
        {
            return false;
        }

        int passes = 0;
        for (int i = 0; i < head.FieldCount; i++)
        {
            ReadOnlySpan<byte> rest = head.Fields[i].Id == HeaderId.Via ? head.Value(i) : default;
            while (ForwardedChain.TryNext(ref rest, out ReadOnlySpan<byte> element))
            {
                ReadOnlySpan<byte> by = ReceivedBy(element);
                if (_uniqueName.Length != 0 && Ascii.EqualsIgnoreCase(by, _uniqueName))
                {
                    return true;
                }

                if (_pseudonym.Length != 0 && Ascii.EqualsIgnoreCase(by, _pseudonym) && ++passes > MaxPasses)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>"1.1 name (comment)" → "name".</summary>
    private static ReadOnlySpan<byte> ReceivedBy(ReadOnlySpan<byte> element)
    {
        int space = element.IndexOfAny((byte)' ', (byte)'\t');
        ReadOnlySpan<byte> rest = space < 0 ? default : element[space..].TrimStart(" \t"u8);
        int end = rest.IndexOfAny((byte)' ', (byte)'\t');
        return end < 0 ? rest : rest[..end];
    }
}
