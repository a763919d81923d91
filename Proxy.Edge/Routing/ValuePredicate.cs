using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Proxy.Edge.Http;

namespace Proxy.Edge.Routing;

/// <summary>A compiled <see cref="ValueMatch"/>. Of several values with the same name, one that passes is enough;
/// <see cref="ValueMatchKind.Absent"/> wants none at all.</summary>
internal sealed class ValuePredicate
{
    private readonly ValueSource _source;
    private readonly ValueMatchKind _kind;
    private readonly byte[] _name;
    private readonly byte[] _value;
    private readonly Regex? _pattern;

    public ValuePredicate(ValueSource source, ValueMatch match)
    {
        _source = source;
        _kind = match.Kind;
        _name = Encoding.UTF8.GetBytes(match.Name);
        _value = Encoding.UTF8.GetBytes(match.Value);
        _pattern = match.Kind == ValueMatchKind.Regex ? RoutePattern.Compile(match.Value) : null;
    }

    public enum ValueSource : byte
    {
        Header,
        Cookie,
        Query,
    }

    public bool Holds(RequestHead head)
    {
        bool passed = _source switch
        {
            ValueSource.Header => AnyHeader(head),
            ValueSource.Cookie => AnyCookie(head),
            _ => AnyParameter(head.Query),
        };
        return passed != (_kind == ValueMatchKind.Absent);
    }

    private bool AnyHeader(RequestHead head)
    {
        for (int i = head.IndexOf(_name); i >= 0; i = head.IndexOf(_name, i + 1))
        {
            if (Passes(head.Value(i)))
            {
                return true;
            }
        }

        return false;
    }

    private bool AnyCookie(RequestHead head)
    {
        if (!head.Has(HeaderId.Cookie))
        {
            return false;
        }

        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id != HeaderId.Cookie)
            {
                continue;
            }

            ReadOnlySpan<byte> rest = head.Value(i);
            while (CookieFields.TryNext(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
            {
                if (name.SequenceEqual(_name) && Passes(value))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool AnyParameter(ReadOnlySpan<byte> query)
    {
        while (QueryFields.TryNext(ref query, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (QueryFields.DecodesTo(name, _name) && PassesDecoded(value))
            {
                return true;
            }
        }

        return false;
    }

    private bool PassesDecoded(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOfAny((byte)'%', (byte)'+') < 0)
        {
            return Passes(raw);
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(raw.Length);
        bool passed = Passes(rented.AsSpan(0, QueryFields.Decode(raw, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return passed;
    }

    private bool Passes(ReadOnlySpan<byte> value) => _kind switch
    {
        ValueMatchKind.Exact => value.SequenceEqual(_value),
        ValueMatchKind.Prefix => value.StartsWith(_value),
        ValueMatchKind.Regex => RoutePattern.IsMatch(_pattern!, value), // set whenever the kind is Regex
        _ => true,
    };
}
