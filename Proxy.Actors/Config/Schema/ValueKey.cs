using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

[Flags]
internal enum KeyTrait
{
    None = 0,
    Required = 1,

    /// <summary>The value is never shown.</summary>
    Secret = 2,
}

internal sealed class ValueKey<TOwner, TValue>(
    string name, ValueKind<TValue> kind, Func<TOwner, TValue> get, Func<TOwner, TValue, TOwner> set, TOwner defaults,
    KeyTrait trait)
    : ConfigKey<TOwner>(name)
{
    public override string Accepted => kind.Accepted;

    public override bool Required => (trait & KeyTrait.Required) != 0;

    public override string? DefaultText => Required ? null : kind.Format(get(defaults));

    public override string? Normalize(HoconValue value)
    {
        Parsed<TValue> parsed = kind.Read(value);
        return parsed.Problem is null ? kind.Format(parsed.Value) : null;
    }

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope) =>
        scope.TryRead(kind, value, (trait & KeyTrait.Secret) != 0, out TValue read) ? set(owner, read) : owner;

    public override void Flatten(TOwner owner, string path, FlatConfig into) =>
        into.Value(path, kind.Format(get(owner)), (trait & KeyTrait.Secret) != 0);
}
