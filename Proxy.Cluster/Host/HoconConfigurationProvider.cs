using System.Globalization;
using Microsoft.Extensions.Configuration;
using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Host;

/// <summary>
/// Configuration keys ignore case, HOCON's do not: of two keys that differ only in case the later one counts.
/// </summary>
public sealed class HoconConfigurationProvider(HoconObject root) : ConfigurationProvider
{
    public override void Load()
    {
        Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in root.Members)
        {
            Add(member.Key, member.Value);
        }
    }

    private void Add(string path, HoconValue value)
    {
        switch (value)
        {
            case HoconObject { Members.Count: > 0 } map:
                foreach (var member in map.Members)
                {
                    Add(ConfigurationPath.Combine(path, member.Key), member.Value);
                }

                break;
            case HoconArray { Items.Count: > 0 } array:
                for (var i = 0; i < array.Items.Count; i++)
                {
                    Add(ConfigurationPath.Combine(path, i.ToString(CultureInfo.InvariantCulture)), array.Items[i]);
                }

                break;
            case HoconScalar { Kind: not HoconKind.Null } scalar:
                Data[path] = scalar.Text;
                break;
            default:
                // Null, and what is empty: the key exists without a value, as with the framework's JSON source.
                Data[path] = null;
                break;
        }
    }
}
