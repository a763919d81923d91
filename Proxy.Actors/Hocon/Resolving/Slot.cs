namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// A key of an object (or an item of a list) with every value assigned to it, oldest first. A value that hides all
/// earlier ones (scalar, list) removes them; neighbouring objects are one layer.
/// </summary>
internal sealed class Slot(HoconOrigin keyOrigin, string key, ObjectNode? owner) : HoconNode(keyOrigin)
{
    public const int NoCut = int.MaxValue;

    public string Key { get; } = key;

    public HoconOrigin KeyOrigin { get; set; } = keyOrigin;

    public ObjectNode? Owner { get; } = owner;

    public List<HoconNode> Layers { get; } = [];

    /// <summary>
    /// While a layer is being resolved: its index. Lookups that come back here see only the layers below it, which is
    /// how a self-referential value finds its predecessor and how a circle ends.
    /// </summary>
    public int Cut { get; set; } = NoCut;

    /// <summary>How many layers were being resolved when the cut was made, this one included.</summary>
    public int CutFrame { get; set; }

    /// <summary>How many substitutions were being resolved when the cut was made.</summary>
    public int CutReferences { get; set; }

    /// <summary>The value of all layers, when it did not depend on a cut made by somebody else.</summary>
    public HoconValue? Memo { get; set; }

    public ObjectNode GetOrAddObject(HoconOrigin origin)
    {
        if (Layers.Count > 0 && Layers[^1] is ObjectNode top)
        {
            return top;
        }

        var added = new ObjectNode(origin, this);
        Layers.Add(added);
        return added;
    }

    public void Set(HoconNode value)
    {
        Layers.Clear();
        Layers.Add(value);
    }

    /// <summary>Whether a path from the root leads exactly here.</summary>
    public bool IsAt(ReadOnlySpan<string> path)
    {
        var slot = this;
        for (var i = path.Length - 1; i >= 0; i--)
        {
            if (slot is null || slot.Key != path[i] || slot.Owner is not { } owner)
            {
                return false;
            }

            if (owner.IsRoot)
            {
                return i == 0;
            }

            slot = owner.Holder;
        }

        return false;
    }

    /// <summary>The path from the root, or null for a slot inside a list.</summary>
    public string[]? Path()
    {
        var keys = new List<string>();
        for (var slot = this; slot is not null; slot = slot.Owner?.Holder)
        {
            keys.Add(slot.Key);
            if (slot.Owner is { IsRoot: true })
            {
                keys.Reverse();
                return [.. keys];
            }
        }

        return null;
    }
}
