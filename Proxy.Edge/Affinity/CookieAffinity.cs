using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>A member and the name under which cookies know it.</summary>
public readonly record struct AffinityRoute(string Route, MemberState Member);

/// <summary>Binds a client to a member by a cookie that names the member's route (Apache's stickysession with the
/// ROUTEID recipe: the cookie is set only when the route changed). Immutable, shared by all loops.</summary>
public sealed class CookieAffinity : IAffinity
{
    // Longer routes cannot be found: the route is widened on the stack for the lookup.
    public const int MaxRouteLength = 256;

    private readonly byte[] _name;
    private readonly CookieAffinityOptions _options;
    private readonly FrozenDictionary<string, MemberState[]> _byRoute;
    private readonly FrozenDictionary<string, MemberState[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly FrozenDictionary<MemberState, (byte[] Plain, byte[] Secure)> _tokens;

    /// <param name="options">Must have no <see cref="CookieAffinityOptions.Problem"/>.</param>
    /// <param name="routes">In order of preference where several members share a route.</param>
    public CookieAffinity(CookieAffinityOptions options, IReadOnlyList<AffinityRoute> routes)
    {
        if ((options.Problem() ?? Problem(routes)) is { } problem)
        {
            throw new ArgumentException(problem);
        }

        _options = options;
        _name = Encoding.ASCII.GetBytes(options.Name);
        _byRoute = routes.GroupBy(static route => route.Route, static route => route.Member)
            .ToFrozenDictionary(static group => group.Key, static group => group.ToArray(), StringComparer.Ordinal);
        _lookup = _byRoute.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = routes.ToFrozenDictionary(
            static route => route.Member,
            route => (Line(options, route.Route, secure: false), Line(options, route.Route, secure: true)));
        MaxTokenLength = _tokens.Count == 0 ? 0 : _tokens.Values.Max(static token => token.Secure.Length);
    }

    public bool Issues => _options.Issue;

    /// <summary>Longest line <see cref="WriteToken"/> can write, bytes.</summary>
    public int MaxTokenLength { get; }

    /// <summary>What is wrong with the routes, or null.</summary>
    public static string? Problem(IReadOnlyList<AffinityRoute> routes)
    {
        foreach (AffinityRoute route in routes)
        {
            if (route.Route.Length is 0 or > MaxRouteLength || !route.Route.All(CookieText.IsValueChar))
            {
                return $"route '{route.Route}' of member '{route.Member.Id.Name}' cannot stand in a cookie: 1 to "
                    + $"{MaxRouteLength} printable ASCII characters without space, quote, comma, semicolon and "
                    + "backslash";
            }
        }

        return null;
    }

    public AffinityBond Find(in AffinityRequest request)
    {
        MemberState? member = Find(request.Head);
        return new AffinityBond(member, member);
    }

    public void Chosen(in AffinityRequest request, MemberState member)
    {
    }

    public void Answered(ResponseHead head, MemberState member, long now)
    {
    }

    public int WriteToken(MemberState member, bool secure, Span<byte> destination)
    {
        if (!_tokens.TryGetValue(member, out (byte[] Plain, byte[] Secure) token))
        {
            return 0;
        }

        byte[] line = secure ? token.Secure : token.Plain;
        line.CopyTo(destination);
        return line.Length;
    }

    internal MemberState? Find(RequestHead head)
    {
        if (!head.Has(HeaderId.Cookie))
        {
            return null;
        }

        // All Cookie fields and all cookies of that name count: a stale one of another path must not hide the right
        // one.
        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == HeaderId.Cookie && FindIn(head.Value(i)) is { } member)
            {
                return member;
            }
        }

        return null;
    }

    private MemberState? FindIn(ReadOnlySpan<byte> cookies)
    {
        while (CookieText.TryNext(ref cookies, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (name.SequenceEqual(_name) && FindRoute(value) is { } member)
            {
                return member;
            }
        }

        return null;
    }

    private MemberState? FindRoute(ReadOnlySpan<byte> value)
    {
        if (_options.Separator is { } separator)
        {
            int at = value.IndexOf((byte)separator);
            if (at < 0 && !_options.AcceptBareRoute)
            {
                return null;
            }

            value = value[(at + 1)..];
        }

        if (value.Length is 0 or > MaxRouteLength)
        {
            return null;
        }

        Span<char> route = stackalloc char[MaxRouteLength];
        int length = Encoding.Latin1.GetChars(value, route);
        return _lookup.TryGetValue(route[..length], out MemberState[]? members) ? FirstServing(members) : null;
    }

    private static MemberState FirstServing(MemberState[] members)
    {
        foreach (MemberState member in members)
        {
            if (member.Grant.State != GrantState.Closed)
            {
                return member;
            }
        }

        return members[0];
    }

    private static byte[] Line(CookieAffinityOptions options, string route, bool secure)
    {
        var line = new StringBuilder("Set-Cookie: ")
            .Append(options.Name).Append('=').Append(options.Separator).Append(route)
            .Append("; Path=").Append(options.Path);
        if (options.Domain is not null)
        {
            line.Append("; Domain=").Append(options.Domain);
        }

        if (options.MaxAge is { } age)
        {
            line.Append("; Max-Age=").Append(((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }

        if (options.Secure == CookieSecurity.Always || (options.Secure == CookieSecurity.Auto && secure))
        {
            line.Append("; Secure");
        }

        if (options.HttpOnly)
        {
            line.Append("; HttpOnly");
        }

        if (options.SameSite != CookieSameSite.Unspecified)
        {
            line.Append("; SameSite=").Append(options.SameSite);
        }

        return Encoding.ASCII.GetBytes(line.Append("\r\n").ToString());
    }
}
