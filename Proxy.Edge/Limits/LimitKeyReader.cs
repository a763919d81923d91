using System.Buffers.Binary;
using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Replication;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Limits;

/// <summary>Turns a request into the number its allowance is kept under. A request without the header or cookie is
/// counted by its client's address, so that leaving it out buys nothing. Immutable, any thread.</summary>
/// <param name="domain">Number of the limit, so that two limits share nothing.</param>
internal sealed class LimitKeyReader(LimitKey key, EntryHash hash, ulong domain)
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(key.Name);

    public ulong Read(RequestHead head, NormalizedPath path, ClientAddress client) => key.Kind switch
    {
        LimitKeyKind.Header when head.IndexOf(_name) is >= 0 and int at => hash.Of(domain, head.Value(at)).Low,
        LimitKeyKind.Cookie when TryFindCookie(head, out ReadOnlySpan<byte> value) => hash.Of(domain, value).Low,
        LimitKeyKind.Path => hash.Of(domain, path.Match).Low,
        LimitKeyKind.Global => hash.Of(domain, default).Low,
        _ => OfAddress(client),
    };

    private ulong OfAddress(ClientAddress client)
    {
        ClientAddress part = key.Prefix.Of(client);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, part.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], part.Low);
        // Another domain than texts: a header must not be able to spell somebody else's address.
        return hash.Of(~domain, bytes).Low;
    }

    private bool TryFindCookie(RequestHead head, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; head.Has(HeaderId.Cookie) && i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id != HeaderId.Cookie)
            {
                continue;
            }

            ReadOnlySpan<byte> rest = head.Value(i);
            while (CookieFields.TryNext(ref rest, out ReadOnlySpan<byte> name, out value))
            {
                if (name.SequenceEqual(_name))
                {
                    return true;
                }
            }
        }

        value = default;
        return false;
    }
}
