using System.Text.Json;
using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>Reading JSON that somebody else wrote: what is missing or of another kind is as if it were not
/// there.</summary>
internal static class AcmeJson
{
    public static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string Text(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    public static IEnumerable<string> Texts(this JsonObject json, string name) =>
        (json[name] as JsonArray ?? []).OfType<JsonValue>()
        .Select(static value => value.TryGetValue(out string? text) ? text : "").Where(static text => text.Length > 0);
}
