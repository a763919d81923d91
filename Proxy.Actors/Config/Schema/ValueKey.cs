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

    public override TOwner Read(TOwner owner, HoconValue value, ReadScope scope)
    {
        bool secret = (trait & KeyTrait.Secret) != 0;
        if (!secret)
        {
            scope.Note(value);
        }

        Parsed<TValue> parsed = kind.Read(value);
        if (parsed.Problem is null)
        {
            return set(owner, parsed.Value);
        }

        if (secret)
        {
            scope.WrongKey(value.Origin, parsed.Problem, kind.Accepted);
        }
        else
        {
            scope.Wrong(value, parsed.Problem, kind.Accepted);
        }

        return owner;
    }

    public override void Flatten(TOwner owner, string path, FlatConfig into) =>
        into.Value(path, kind.Format(get(owner)), (trait & KeyTrait.Secret) != 0);
}
