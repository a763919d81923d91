using System.Globalization;

namespace Proxy.Actors.Hocon.Resolving;

/// <summary>Answers substitutions the document does not define.</summary>
internal sealed class HoconEnvironment(Func<string, string?> read)
{
    private const int MaxListItems = 10_000;

    public HoconValue? Find(ReferenceNode reference)
    {
        var name = string.Join('.', reference.Path);
        if (!reference.List)
        {
            return Read(name) is { } text ? HoconScalar.String(text, reference.Origin) : null;
        }

        // ${X[]}: X_0, X_1 and so on up to the first that is not set.
        var items = new List<HoconValue>();
        while (items.Count < MaxListItems
            && Read(string.Create(CultureInfo.InvariantCulture, $"{name}_{items.Count}")) is { } item)
        {
            items.Add(HoconScalar.String(item, reference.Origin));
        }

        return items.Count == 0 ? null : new HoconArray(items, reference.Origin);
    }

    private string? Read(string name) =>
        name.Length == 0 || name.AsSpan().ContainsAny('\0', '=') ? null : read(name);
}
