using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>Another product's word for a key of the block: read into the same place, never written.</summary>
internal sealed class AliasKey<TOwner, TValue>(
    string name, ValueKind<TValue> kind, Func<TOwner, TValue, TOwner> set, KeyTrait trait = KeyTrait.None)
    : ConfigKey<TOwner>(name)
{
    public override string Accepted => kind.Accepted;

    /// <summary>Not among the words that are offered to an operator.</summary>
    public override bool Reserved => true;

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope) =>
        scope.TryRead(kind, value, (trait & KeyTrait.Secret) != 0, out TValue read) ? set(owner, read) : owner;

    public override void Flatten(TOwner owner, string path, FlatConfig into)
    {
        // The key it stands for does.
    }
}
