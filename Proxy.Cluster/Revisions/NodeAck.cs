using System.Buffers;
using System.Text.Json;

namespace Proxy.Cluster.Revisions;

/// <summary>What a node says about revisions.</summary>
/// <param name="Running">The one it runs; 0 = its own file.</param>
/// <param name="Refused">A newer one it could not run; 0 = none.</param>
/// <param name="Reason">Of the refusal.</param>
internal sealed record NodeAck(string Node, long Running, long Refused, string Reason)
{
    /// <summary>Null when it is none.</summary>
    public static NodeAck? Decode(string node, ReadOnlyMemory<byte> value)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(value);
            JsonElement root = json.RootElement;
            return new NodeAck(
                node, root.GetProperty("running").GetInt64(), root.GetProperty("refused").GetInt64(),
                root.GetProperty("reason").GetString() ?? "");
        }
        catch (Exception problem) when (
            problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public byte[] Encode()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("running", Running);
            json.WriteNumber("refused", Refused);
            json.WriteString("reason", Reason);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
