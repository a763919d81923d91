using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>One key of a block, described once. Reading, suggestions for unknown keys, the difference between two
/// configurations and the test of reference.conf all come from it.</summary>
internal abstract class ConfigKey(string name)
{
    public string Name { get; } = name;

    public abstract string Accepted { get; }

    /// <summary>Must be given; such a key has no default.</summary>
    public virtual bool Required => false;

    /// <summary>Understood, but not built in this version: giving it is an error.</summary>
    public virtual bool Reserved => false;

    /// <summary>Canonical text of the default; null when there is none, as for required keys and optional
    /// blocks.</summary>
    public virtual string? DefaultText => null;

    /// <summary>Keys of the block, or of each element of the list, behind this key; null for a plain value.</summary>
    public virtual IBlockSchema? Block => null;

    /// <summary>Whether the operator names the blocks behind this key (as the pools), so that one level of names
    /// comes first.</summary>
    public virtual bool IsMap => false;

    /// <summary>Canonical text of a written value; null when it is wrong or not a plain value.</summary>
    public virtual string? Normalize(HoconValue value) => null;
}

/// <summary>A key of a block that becomes a <typeparamref name="TOwner"/>.</summary>
internal abstract class ConfigKey<TOwner>(string name) : ConfigKey(name)
{
    /// <summary>The owner with the written value in it. What is wrong goes to the scope, and the owner stays as it
    /// is.</summary>
    public abstract TOwner Read(TOwner owner, HoconValue value, ReadScope scope);

    /// <summary>Adds what the owner holds under this key.</summary>
    public abstract void Flatten(TOwner owner, string path, FlatConfig into);
}

/// <summary>What is common to blocks of all types.</summary>
internal interface IBlockSchema
{
    IReadOnlyList<ConfigKey> Keys { get; }
}
