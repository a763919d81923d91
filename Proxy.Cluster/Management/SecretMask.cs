using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Proxy.Cluster.Management;

/// <summary>Copies a JSON document and hides what nobody should read over a shoulder: values whose key speaks of a
/// secret, values of header fields that carry credentials, and passwords inside URLs. It hides too much rather than
/// too little.</summary>
internal static partial class SecretMask
{
    public const string Mask = "***";

    public static byte[] Apply(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            Copy(document.RootElement, isSecret: false, writer);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Copy(JsonElement element, bool isSecret, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                CopyObject(element, isSecret, writer);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Copy(item, isSecret, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when isSecret && element.GetString()!.Length > 0: // a string, so not null
            case JsonValueKind.Number when isSecret:
                writer.WriteStringValue(Mask);
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(MaskInside(element.GetString()!)); // a string, so not null
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static void CopyObject(JsonElement element, bool isSecret, Utf8JsonWriter writer)
    {
        // { name = Authorization, value = "..." }: a header edit names the field beside the value.
        bool namesSecret = element.TryGetProperty("name", out JsonElement name)
            && name.ValueKind == JsonValueKind.String
            && SecretKey().IsMatch(name.GetString()!);
        writer.WriteStartObject();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            bool hide = isSecret || SecretKey().IsMatch(property.Name) || (namesSecret && property.NameEquals("value"));
            Copy(property.Value, hide, writer);
        }

        writer.WriteEndObject();
    }

    private static string MaskInside(string text) => text.Contains("PRIVATE KEY", StringComparison.Ordinal)
        ? Mask
        : PasswordSetting().Replace(UrlPassword().Replace(text, "$1" + Mask + "@"), "$1" + Mask);

    // "key" alone is the path of a key file and stays readable.
    [GeneratedRegex(
        "token|passw|secret|passphrase|credential|authorization|[a-z]-?key$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretKey();

    // scheme://user:password@host
    [GeneratedRegex("(://[^/@\\s:]*:)[^/@\\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UrlPassword();

    // Host=db;Password=x;...
    [GeneratedRegex("((?:password|pwd)\\s*=\\s*)[^;]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PasswordSetting();
}
