using System.Diagnostics.CodeAnalysis;

namespace Proxy.Actors.Hocon;

/// <summary>A key, the place of its last assignment, and its value.</summary>
public sealed record HoconMember(string Key, HoconOrigin KeyOrigin, HoconValue Value);

/// <summary>An object whose members keep the order in which their keys first appeared.</summary>
public sealed class HoconObject : HoconValue
{
    private readonly Dictionary<string, HoconMember> _byKey;

    /// <summary>Keys must differ.</summary>
    public HoconObject(IReadOnlyList<HoconMember> members, HoconOrigin origin)
        : base(HoconKind.Object, origin)
    {
        Members = members;
        _byKey = new Dictionary<string, HoconMember>(members.Count, StringComparer.Ordinal);
        var depth = 0;
        var weight = 1L;
        foreach (var member in members)
        {
            _byKey.Add(member.Key, member);
            depth = Math.Max(depth, member.Value.Depth);
            weight = AddWeights(weight, AddWeights(member.Key.Length, member.Value.Weight));
        }

        Depth = depth + 1;
        Weight = weight;
    }

    public IReadOnlyList<HoconMember> Members { get; }

    internal override int Depth { get; }

    internal override long Weight { get; }

    /// <summary>One key, taken literally.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out HoconMember? member) =>
        _byKey.TryGetValue(key, out member);

    /// <summary>
    /// The value at a path expression such as <c>a.b."c.d"</c>, or null when there is none. Throws
    /// <see cref="ArgumentException"/> for text that is not a path.
    /// </summary>
    public HoconValue? Get(string path)
    {
        if (!HoconPath.TryParse(path, out var keys))
        {
            throw new ArgumentException($"'{path}' is not a path expression", nameof(path));
        }

        return Find(keys);
    }

    /// <summary>
    /// This object laid over <paramref name="fallback"/>: objects merge, anything else here hides what is there.
    /// The same rule as for a key assigned twice in one file.
    /// </summary>
    public HoconObject WithFallback(HoconObject fallback)
    {
        var members = new List<HoconMember>(fallback.Members.Count + Members.Count);
        foreach (var below in fallback.Members)
        {
            members.Add(TryGet(below.Key, out var above) ? Over(above, below) : below);
        }

        foreach (var above in Members)
        {
            if (!fallback._byKey.ContainsKey(above.Key))
            {
                members.Add(above);
            }
        }

        return new HoconObject(members, Origin);
    }

    public override bool SameAs(HoconValue other)
    {
        if (other is not HoconObject map || map.Members.Count != Members.Count)
        {
            return false;
        }

        foreach (var member in Members)
        {
            if (!map.TryGet(member.Key, out var twin) || !member.Value.SameAs(twin.Value))
            {
                return false;
            }
        }

        return true;
    }

    internal HoconValue? Find(ReadOnlySpan<string> keys)
    {
        HoconValue value = this;
        foreach (var key in keys)
        {
            if (value is not HoconObject map || !map.TryGet(key, out var member))
            {
                return null;
            }

            value = member.Value;
        }

        return value;
    }

    private static HoconMember Over(HoconMember above, HoconMember below) =>
        above.Value is HoconObject upper && below.Value is HoconObject lower
            ? above with { Value = upper.WithFallback(lower) }
            : above;
}
