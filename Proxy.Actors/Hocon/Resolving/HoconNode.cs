namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// The merged document before substitution. Unlike the syntax it knows, for every key, all values assigned to it, so
/// that a substitution can look forward (at the last value) and, where that would be a circle, back (at an earlier
/// one).
/// </summary>
internal abstract class HoconNode(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class LiteralNode(HoconScalar value) : HoconNode(value.Origin)
{
    public HoconScalar Value { get; } = value;
}

internal sealed class BlankNode(HoconOrigin origin, string text) : HoconNode(origin)
{
    public string Text { get; } = text;
}

internal sealed class ArrayNode(HoconOrigin origin, HoconNode[] items) : HoconNode(origin)
{
    public HoconNode[] Items { get; } = items;
}

internal sealed class ConcatNode(HoconOrigin origin, HoconNode[] parts) : HoconNode(origin)
{
    public HoconNode[] Parts { get; } = parts;
}

/// <summary>The right side of <c>+=</c>: one more item behind the earlier value of its slot.</summary>
internal sealed class AppendNode(HoconNode item) : HoconNode(item.Origin)
{
    public HoconNode Item { get; } = item;
}

internal sealed class ReferenceNode(HoconOrigin origin, string[] path, bool optional, bool list, IncludeScope scope)
    : HoconNode(origin)
{
    public string[] Path { get; } = path;

    public bool Optional { get; } = optional;

    public bool List { get; } = list;

    /// <summary>The file this was written in, which decides where its path is looked up.</summary>
    public IncludeScope Scope { get; } = scope;

    /// <summary>Joined with an object, so nothing but an object will do.</summary>
    public bool MustBeObject { get; init; }

    /// <summary>Set once resolved. The specification wants one answer for each written substitution.</summary>
    public HoconValue? Memo { get; set; }

    /// <summary>Something inside it is being looked for, so coming here again is a circle.</summary>
    public bool IsFinding { get; set; }

    /// <summary>An error about it was reported.</summary>
    public bool Failed { get; set; }

    public override string ToString() => $"${{{(Optional ? "?" : "")}{HoconPath.Render(Path)}{(List ? "[]" : "")}}}";
}

internal sealed class ObjectNode(HoconOrigin origin, Slot? holder, bool isRoot = false) : HoconNode(origin)
{
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>The slot whose layer this object is; null at the root and in places no path leads to.</summary>
    public Slot? Holder { get; } = holder;

    public bool IsRoot { get; } = isRoot;

    /// <summary>In the order in which keys first appeared.</summary>
    public List<Slot> Slots { get; } = [];

    public Slot? Find(string key) => _slots.GetValueOrDefault(key);

    public Slot GetOrAdd(string key, HoconOrigin origin)
    {
        if (!_slots.TryGetValue(key, out var slot))
        {
            slot = new Slot(origin, key, this);
            _slots.Add(key, slot);
            Slots.Add(slot);
        }

        return slot;
    }
}

/// <summary>
/// The file a substitution was written in: the place its keys were included at, and the including file.
/// </summary>
internal sealed class IncludeScope(IncludeScope? outer, ObjectNode anchor, string[]? prefix)
{
    public IncludeScope? Outer { get; } = outer;

    public ObjectNode Anchor { get; } = anchor;

    /// <summary>The path to the anchor, or null where no path leads (inside a list).</summary>
    public string[]? Prefix { get; } = prefix;
}
