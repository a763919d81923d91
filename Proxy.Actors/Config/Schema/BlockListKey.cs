using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>A list of blocks in which every element has a name.</summary>
/// <param name="nameOf">Name of an element.</param>
/// <param name="finish">Given an element and its position from 0; fills in what depends on it.</param>
internal sealed class BlockListKey<TOwner, TItem>(
    string name,
    BlockSchema<TItem> item,
    Func<TOwner, ConfigList<TItem>> get,
    Func<TOwner, ConfigList<TItem>, TOwner> set,
    Func<TItem, string> nameOf,
    Func<TItem, int, TItem> finish)
    : ConfigKey<TOwner>(name)
{
    public override string Accepted => "a list of blocks, [ { … }, { … } ]";

    public override IBlockSchema Block => item;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope)
    {
        scope.Note(value);
        if (value is not HoconArray array)
        {
            scope.Wrong(value, "not a list", Accepted);
            return owner;
        }

        var items = new List<TItem>(array.Items.Count);
        for (int i = 0; i < array.Items.Count; i++)
        {
            items.Add(finish(item.Read(array.Items[i], item.Defaults, scope.Item(i)), i));
        }

        return set(owner, ConfigList.From(items));
    }

    public override void Flatten(TOwner owner, string path, FlatConfig into)
    {
        ConfigList<TItem> items = get(owner);
        into.Order(path, items.Select(nameOf));
        foreach (TItem one in items)
        {
            string inner = ConfigPath.Key(path, nameOf(one));
            into.Element(path, inner);
            item.Flatten(one, inner, into);
        }
    }
}

/// <summary>A block whose keys are names chosen by the operator, each with a block behind it.</summary>
/// <param name="named">Puts the name into the element.</param>
internal sealed class BlockMapKey<TOwner, TItem>(
    string name,
    BlockSchema<TItem> item,
    Func<TOwner, ConfigList<TItem>> get,
    Func<TOwner, ConfigList<TItem>, TOwner> set,
    Func<TItem, string> nameOf,
    Func<TItem, string, TItem> named)
    : ConfigKey<TOwner>(name)
{
    public override string Accepted => "a block of named blocks, { a-name { … } }";

    public override IBlockSchema Block => item;

    public override bool IsMap => true;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope)
    {
        scope.Note(value);
        if (value is not HoconObject map)
        {
            scope.Wrong(value, "not a block", Accepted);
            return owner;
        }

        return set(owner, ConfigList.From(map.Members
            .Where(member => member.Value.Kind != HoconKind.Null)
            .Select(member => item.Read(member.Value, named(item.Defaults, member.Key), scope.Key(member.Key)))));
    }

    public override void Flatten(TOwner owner, string path, FlatConfig into)
    {
        foreach (TItem one in get(owner))
        {
            string inner = ConfigPath.Key(path, nameOf(one));
            into.Element(path, inner);
            item.Flatten(one, inner, into);
        }
    }
}
