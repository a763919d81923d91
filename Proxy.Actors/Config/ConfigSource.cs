using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config;

/// <summary>Where in the files each key of a configuration was written, so that whoever judges the records can point
/// at the place without the records carrying positions.</summary>
public sealed class ConfigSource
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly HoconOrigin _file;

    internal ConfigSource(HoconOrigin file) => _file = file;

    /// <summary>Place of a key, or of the innermost block around it that was written.</summary>
    public HoconOrigin OriginOf(string path) => Find(path).Origin;

    /// <summary>Value of a key as written; empty when the key is not in the file.</summary>
    public string ValueOf(string path) => _places.TryGetValue(path, out Place place) ? place.Value : "";

    internal void Add(string path, HoconValue value) => _places[path] = new Place(value.Origin, Shown(value));

    /// <summary>A value the way an error message shows it.</summary>
    internal static string Shown(HoconValue value)
    {
        const int MaxShown = 80;
        string text = value switch
        {
            HoconScalar { Kind: HoconKind.String } scalar => $"\"{scalar.Text}\"",
            HoconScalar scalar => scalar.Text,
            HoconArray array when array.Items.All(item => item is HoconScalar) =>
                $"[{string.Join(", ", array.Items.Select(Shown))}]",
            HoconArray => "[…]",
            _ => "{…}",
        };
        return text.Length <= MaxShown ? text : $"{text[..MaxShown]}…";
    }

    private Place Find(string path)
    {
        for (string at = path; at.Length > 0; at = ConfigPath.Parent(at))
        {
            if (_places.TryGetValue(at, out Place place))
            {
                return place;
            }
        }

        return new Place(_file, "");
    }

    private readonly record struct Place(HoconOrigin Origin, string Value);
}
