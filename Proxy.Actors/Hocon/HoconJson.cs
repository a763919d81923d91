using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Proxy.Actors.Hocon;

/// <summary>Writes a resolved value as JSON: members in document order, numbers as they were written.</summary>
public static class HoconJson
{
    // The output goes to terminals and files, never into a page, so only what JSON itself demands is escaped.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static void Write(HoconValue value, Utf8JsonWriter json)
    {
        switch (value)
        {
            case HoconObject map:
                json.WriteStartObject();
                foreach (var member in map.Members)
                {
                    json.WritePropertyName(member.Key);
                    Write(member.Value, json);
                }

                json.WriteEndObject();
                break;
            case HoconArray array:
                json.WriteStartArray();
                foreach (var item in array.Items)
                {
                    Write(item, json);
                }

                json.WriteEndArray();
                break;
            case HoconScalar { Kind: HoconKind.String } text:
                json.WriteStringValue(text.Text);
                break;
            case HoconScalar scalar:
                // Raw, because a number may be outside every type of the writer.
                json.WriteRawValue(scalar.Text);
                break;
        }
    }

    public static string Write(HoconValue value, bool indented = false)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = indented,
            NewLine = "\n",
            Encoder = Encoder,
            MaxDepth = Math.Max(64, value.Depth + 1),
        };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            Write(value, json);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    internal static string Quote(string text) => $"\"{Encoder.Encode(text)}\"";
}
