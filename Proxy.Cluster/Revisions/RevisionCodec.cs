using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Proxy.Actors.Hocon;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>Revisions as events of a journal: a line of JSON, then the packed content. Unknown keys of later versions
/// are skipped; a later version of the content is not read.</summary>
internal static class RevisionCodec
{
    public const string EventType = "revision";

    private const int Version = 1;

    // Far above any real configuration; a compressed bomb ends here.
    private const int MaxContentBytes = 32 << 20;

    private const byte LineEnd = (byte)'\n';

    public static JournalEvent Encode(ConfigRevision revision)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("who", revision.Who);
            json.WriteString("why", revision.Why);
            json.WriteString("kind", revision.Kind.ToString());
            json.WriteNumber("of", revision.Of);
            json.WriteString("first", revision.First);
            json.WriteBoolean("goes-on", revision.GoesOn);
            json.WriteString("hash", revision.Hash);
            json.WriteStartArray("diff");
            foreach (string change in revision.Diff)
            {
                json.WriteStringValue(change);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new JournalEvent(
            revision.Id, EventType, revision.At, (byte[])[.. line.WrittenSpan, LineEnd, .. revision.Packed.Span]);
    }

    /// <summary>Null when it is no revision that this version knows.</summary>
    public static ConfigRevision? Decode(StoredEvent stored)
    {
        ReadOnlyMemory<byte> payload = stored.Event.Payload;
        int end = payload.Span.IndexOf(LineEnd);
        if (stored.Event.Type != EventType || end < 0)
        {
            return null;
        }

        try
        {
            using JsonDocument line = JsonDocument.Parse(payload[..end]);
            JsonElement root = line.RootElement;
            return new ConfigRevision
            {
                Number = stored.Sequence,
                Id = stored.Event.Id,
                At = stored.Event.At,
                Who = Text(root, "who"),
                Why = Text(root, "why"),
                Kind = Enum.TryParse(Text(root, "kind"), out RevisionKind kind) ? kind : RevisionKind.Change,
                Of = root.GetProperty("of").GetInt64(),
                First = Text(root, "first"),
                GoesOn = root.GetProperty("goes-on").GetBoolean(),
                Hash = Text(root, "hash"),
                Diff = [.. root.GetProperty("diff").EnumerateArray().Select(static one => one.GetString() ?? "")],
                Packed = payload[(end + 1)..].ToArray(),
            };
        }
        catch (Exception problem) when (
            problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public static byte[] Pack(RevisionContent content)
    {
        using var packed = new MemoryStream();
        using (var compress = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        using (var json = new Utf8JsonWriter(compress))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("file", content.FileText);
            json.WriteStartArray("overlay");
            foreach (OverlayEdit edit in content.Overlay.Edits)
            {
                json.WriteStartObject();
                json.WriteString("path", edit.Path);
                json.WriteString("value", edit.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return packed.ToArray();
    }

    /// <param name="hash">What the content's text must have.</param>
    public static RevisionContent? Unpack(ReadOnlyMemory<byte> packed, string hash)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(Inflate(packed));
            JsonElement root = json.RootElement;
            if (root.GetProperty("version").GetInt32() != Version
                || OverlayEdit.ParseDocument(Text(root, "file")) is not HoconObject file)
            {
                return null;
            }

            var overlay = new Overlay(
            [
                .. root.GetProperty("overlay").EnumerateArray().Select(static edit =>
                    new OverlayEdit(Text(edit, "path"), edit.GetProperty("value").GetString())),
            ]);
            RevisionContent content = RevisionContent.Of(file, overlay, out _);
            return content.Hash == hash ? content : null;
        }
        catch (Exception problem) when (
            problem is JsonException or KeyNotFoundException or InvalidOperationException or InvalidDataException
                or FormatException)
        {
            return null;
        }
    }

    private static byte[] Inflate(ReadOnlyMemory<byte> packed)
    {
        using var source = new MemoryStream(packed.ToArray());
        using var inflate = new DeflateStream(source, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        var buffer = new byte[64 << 10];
        int read;
        while ((read = inflate.Read(buffer)) > 0)
        {
            if (plain.Length + read > MaxContentBytes)
            {
                throw new InvalidDataException("too large");
            }

            plain.Write(buffer, 0, read);
        }

        return plain.ToArray();
    }

    private static string Text(JsonElement element, string key) => element.GetProperty(key).GetString() ?? "";
}
