using System.Collections;
using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>The keys of a block and how they fill a record. Written as a collection of keys; the record's own
/// defaults are the defaults of the keys.</summary>
internal sealed class BlockSchema<T>(T defaults) : IBlockSchema, IEnumerable<ConfigKey<T>>
{
    private readonly List<ConfigKey<T>> _keys = [];

    public T Defaults { get; } = defaults;

    public IReadOnlyList<ConfigKey> Keys => _keys;

    public IEnumerator<ConfigKey<T>> GetEnumerator() => _keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A plain value.</summary>
    public void Add<TValue>(
        string name,
        ValueKind<TValue> kind,
        Func<T, TValue> get,
        Func<T, TValue, T> set,
        KeyTrait trait = KeyTrait.None) =>
        _keys.Add(new ValueKey<T, TValue>(name, kind, get, set, Defaults, trait));

    /// <summary>A block that is always there.</summary>
    public void Add<TBlock>(string name, BlockSchema<TBlock> block, Func<T, TBlock> get, Func<T, TBlock, T> set) =>
        _keys.Add(new BlockKey<T, TBlock>(name, block, get, set));

    /// <summary>Any other key: an optional block, a list of blocks, a reserved key.</summary>
    public void Add(ConfigKey<T> key) => _keys.Add(key);

    public T Read(HoconValue value, T start, ReadScope scope)
    {
        scope.Note(value);
        if (value is not HoconObject block)
        {
            scope.Wrong(value, "not a block", $"{{ … }} with {KnownKeys()}");
            return start;
        }

        T result = start;
        foreach (HoconMember member in block.Members)
        {
            ReadScope inner = scope.Key(member.Key);
            ConfigKey<T>? key = _keys.Find(known => known.Name == member.Key);
            if (key is null)
            {
                inner.WrongKey(member.KeyOrigin, UnknownKey(member.Key), KnownKeys());
            }
            else if (member.Value.Kind != HoconKind.Null)
            {
                result = key.Read(result, member.Value, inner);
            }
        }

        foreach (ConfigKey<T> key in _keys.Where(key => key.Required && !IsGiven(block, key.Name)))
        {
            scope.Key(key.Name).WrongKey(block.Origin, "missing", key.Accepted);
        }

        return result;
    }

    public void Flatten(T value, string path, FlatConfig into)
    {
        foreach (ConfigKey<T> key in _keys)
        {
            key.Flatten(value, ConfigPath.Key(path, key.Name), into);
        }
    }

    private static bool IsGiven(HoconObject block, string name) =>
        block.TryGet(name, out HoconMember? member) && member.Value.Kind != HoconKind.Null;

    private string UnknownKey(string name) =>
        NearestName.Find(name, _keys.Select(key => key.Name)) is { } near
            ? $"unknown key, did you mean \"{near}\"?"
            : "unknown key";

    private string KnownKeys() => string.Join(", ", _keys.Where(key => !key.Reserved).Select(key => key.Name).Order());
}
