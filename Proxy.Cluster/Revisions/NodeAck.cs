using System.Buffers;
using System.Text.Json;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Revisions;

/// <summary>What a node says about revisions.</summary>
/// <param name="Running">The one it runs; 0 = its own file.</param>
/// <param name="Refused">A newer one it could not run; 0 = none.</param>
/// <param name="Reason">Of the refusal.</param>
internal sealed record NodeAck(string Node, long Running, long Refused, string Reason)
{
    private const string Prefix = RevisionStore.KeyPrefix + "acks/";

    public static string AllKeys => Prefix;

    public string Key => Prefix + Uri.EscapeDataString(Node);

    public static bool IsKey(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Null when it is none.</summary>
    public static NodeAck? Decode(EngineItem item)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(item.Value);
            JsonElement root = json.RootElement;
            return new NodeAck(
                Uri.UnescapeDataString(item.Key[Prefix.Length..]), root.GetProperty("running").GetInt64(),
                root.GetProperty("refused").GetInt64(), root.GetProperty("reason").GetString() ?? "");
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
