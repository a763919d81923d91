using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>For keys that must be given, but may be given under another word: one value stands for "not yet" and has no
/// text.</summary>
internal sealed class UnsetKind<T>(ValueKind<T> inner, T unset) : ValueKind<T>(inner.Accepted)
{
    public override Parsed<T> Read(HoconValue value) => inner.Read(value);

    public override string? Format(T value) =>
        EqualityComparer<T>.Default.Equals(value, unset) ? null : inner.Format(value);
}
