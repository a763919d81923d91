using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>A list of blocks in which every element has a name; a block by itself counts as a list of one.</summary>
internal sealed class OneOrListKey<TOwner, TItem>(
    string name,
    BlockSchema<TItem> item,
    Func<TOwner, ConfigList<TItem>> get,
    Func<TOwner, ConfigList<TItem>, TOwner> set,
    Func<TItem, string> nameOf,
    Func<TItem, int, TItem> finish)
    : ConfigKey<TOwner>(name)
{
    private readonly BlockListKey<TOwner, TItem> _list = new(name, item, get, set, nameOf, finish);

    public override string Accepted => "a block, or a list of blocks, [ { … }, { … } ]";

    public override IBlockSchema Block => item;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope)
    {
        if (value is HoconObject one)
        {
            return set(owner, [finish(item.Read(one, item.Defaults, scope), 0)]);
        }

        return _list.Read(owner, value, scope);
    }

    public override void Flatten(TOwner owner, string path, FlatConfig into) => _list.Flatten(owner, path, into);
}
