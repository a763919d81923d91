using System.Text.Json;
using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>Reading JSON that somebody else wrote: what is missing or of another kind is as if it were not
/// there.</summary>
internal static class AcmeJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string Text(this JsonObject json, string name) =>
        json[name] is JsonValue value ? TextOf(value) : "";

    public static IEnumerable<string> Texts(this JsonObject json, string name) =>
        (json[name] as JsonArray ?? []).OfType<JsonValue>().Select(TextOf).Where(static text => text.Length > 0);

    private static string TextOf(JsonValue value)
    {
        try
        {
            return value.TryGetValue(out string? text) ? text : "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: well-formed JSON, but no text.
            return "";
        }
    }
}
