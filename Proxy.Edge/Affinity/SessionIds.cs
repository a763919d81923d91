using Proxy.Edge.Http;

namespace Proxy.Edge.Affinity;

/// <summary>Walks over the session ids a request carries: those of cookies, then of the header, then of the path and
/// the query. At most four, so that a request cannot make the proxy look up, or remember, as many as fit its
/// head.</summary>
internal ref struct SessionIds(RequestHead head, byte[] cookie, byte[] header, byte[] parameter)
{
    private const int MaxIds = 4;

    private int _given;
    private int _field = -1;
    private Place _place = Place.Cookie;
    private ReadOnlySpan<byte> _cookies;

    private enum Place : byte
    {
        Cookie,
        Header,
        Path,
        Query,
        End,
    }

    public bool TryNext(out ReadOnlySpan<byte> id)
    {
        while (_given < MaxIds && _place != Place.End)
        {
            id = _place switch
            {
                Place.Cookie => NextCookie(),
                Place.Header => header.Length > 0 && head.IndexOf(header) is >= 0 and int at ? head.Value(at) : default,
                Place.Path => Parameter(head.Path, (byte)';', (byte)'/'),
                _ => Parameter(head.Query, (byte)'&', (byte)'&'),
            };
            if (_place != Place.Cookie || id.IsEmpty)
            {
                _place++;
            }

            if (!id.IsEmpty)
            {
                _given++;
                return true;
            }
        }

        id = default;
        return false;
    }

    private ReadOnlySpan<byte> NextCookie()
    {
        while (cookie.Length > 0 && head.Has(HeaderId.Cookie))
        {
            while (CookieText.TryNext(ref _cookies, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
            {
                if (value.Length > 0 && name.SequenceEqual(cookie))
                {
                    return value;
                }
            }

            do
            {
                _field++;
            }
            while (_field < head.FieldCount && head.Fields[_field].Id != HeaderId.Cookie);

            if (_field >= head.FieldCount)
            {
                break;
            }

            _cookies = head.Value(_field);
        }

        return default;
    }

    /// <summary>The value after "name=", where a parameter begins after <paramref name="mark"/> (or, in a query, at its
    /// start) and ends at <paramref name="mark"/> or <paramref name="end"/>.</summary>
    private readonly ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> text, byte mark, byte end)
    {
        bool atStart = mark == (byte)'&';
        while (parameter.Length > 0 && !text.IsEmpty)
        {
            if (!atStart)
            {
                int at = text.IndexOf(mark);
                if (at < 0)
                {
                    break;
                }

                text = text[(at + 1)..];
            }

            atStart = false;
            if (text.Length > parameter.Length && text[parameter.Length] == (byte)'=' && text.StartsWith(parameter))
            {
                ReadOnlySpan<byte> value = text[(parameter.Length + 1)..];
                int stop = value.IndexOfAny(mark, end);
                return stop < 0 ? value : value[..stop];
            }
        }

        return default;
    }
}
