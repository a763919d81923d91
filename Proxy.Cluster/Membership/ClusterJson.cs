using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Proxy.Cluster.Membership;

/// <summary>The cluster's records in the engine are small JSON objects: people read them there, and a newer program may
/// add fields. A field that is missing or of another kind reads as its default.</summary>
internal static class ClusterJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>Null when it is no JSON object.</summary>
    public static T? Read<T>(ReadOnlyMemory<byte> value, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(value, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // The second: well-formed, but with text that is no UTF-8.
            return null;
        }
    }

    public static string Text(this JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() ?? ""
            : "";

    public static bool IsTrue(this JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    public static long Number(this JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out long number)
            ? number
            : 0;

    public static int SmallNumber(this JsonElement json, string name) =>
        (int)Math.Clamp(json.Number(name), int.MinValue, int.MaxValue);

    public static ImmutableArray<string> Texts(this JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray()
                .Where(static item => item.ValueKind == JsonValueKind.String)
                .Select(static item => item.GetString() ?? "")]
            : [];
}
