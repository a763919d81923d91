using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>A block that is always there, with defaults when the file has none.</summary>
internal sealed class BlockKey<TOwner, TBlock>(
    string name, BlockSchema<TBlock> block, Func<TOwner, TBlock> get, Func<TOwner, TBlock, TOwner> set)
    : ConfigKey<TOwner>(name)
{
    public override string Accepted => "{ … }";

    public override IBlockSchema Block => block;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope) =>
        set(owner, block.Read(value, get(owner), scope));

    public override void Flatten(TOwner owner, string path, FlatConfig into) => block.Flatten(get(owner), path, into);
}

/// <summary>A block whose presence says something: without it, the feature is off.</summary>
internal sealed class OptionalBlockKey<TOwner, TBlock>(
    string name, BlockSchema<TBlock> block, Func<TOwner, TBlock?> get, Func<TOwner, TBlock, TOwner> set)
    : ConfigKey<TOwner>(name)
    where TBlock : class
{
    public override string Accepted => "{ … }";

    public override IBlockSchema Block => block;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope) =>
        set(owner, block.Read(value, block.Defaults, scope));

    public override void Flatten(TOwner owner, string path, FlatConfig into)
    {
        if (get(owner) is { } there)
        {
            into.Element(ConfigPath.Parent(path), path);
            block.Flatten(there, path, into);
        }
    }
}

/// <summary>A key that belongs to the language but not to this version.</summary>
internal sealed class ReservedKey<TOwner>(string name, string message, string accepted) : ConfigKey<TOwner>(name)
{
    public override string Accepted => accepted;

    public override bool Reserved => true;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope)
    {
        scope.WrongKey(value.Origin, message, accepted);
        return owner;
    }

    public override void Flatten(TOwner owner, string path, FlatConfig into)
    {
        // Never holds anything.
    }
}
