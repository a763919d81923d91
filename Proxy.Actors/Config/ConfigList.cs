using System.Collections;
using System.Runtime.CompilerServices;

namespace Proxy.Actors.Config;

/// <summary>An immutable list that compares by content. With it the equality of a configuration record means "nothing
/// changed", so that a reload can keep whatever belongs to an unchanged part.</summary>
[CollectionBuilder(typeof(ConfigList), nameof(ConfigList.Create))]
public sealed class ConfigList<T> : IReadOnlyList<T>, IEquatable<ConfigList<T>>
{
    private readonly T[] _items;

    internal ConfigList(T[] items) => _items = items;

    public int Count => _items.Length;

    public T this[int index] => _items[index];

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(ConfigList<T>? other) =>
        other is not null && (ReferenceEquals(this, other) || _items.AsSpan().SequenceEqual(other._items));

    public override bool Equals(object? obj) => Equals(obj as ConfigList<T>);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (T item in _items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", _items)}]";
}

public static class ConfigList
{
    public static ConfigList<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());

    public static ConfigList<T> From<T>(IEnumerable<T> items) => new([.. items]);
}
