using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Hocon;
using Proxy.Cluster.Revisions;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Management;

/// <summary>How revisions look from outside.</summary>
internal static class RevisionJson
{
    public static void WriteList(Utf8JsonWriter json, RevisionView view, IReadOnlyList<string> nodes, int limit)
    {
        json.WriteStartObject();
        json.WriteNumber("head", view.Head?.Number ?? 0);
        json.WriteNumber("running", view.Running);
        json.WriteString("staged", view.Head is { IsStaged: true } staged ? staged.First : "");
        json.WriteString("applied", Applied(view, nodes));
        json.WriteString("refusesChanges", view.Unreadable ?? "");
        json.WriteStartArray("nodes");
        foreach (string node in nodes.Union(view.Acks.Select(static ack => ack.Node), StringComparer.Ordinal))
        {
            NodeAck? ack = view.Acks.FirstOrDefault(one => one.Node == node);
            json.WriteStartObject();
            json.WriteString("name", node);
            json.WriteBoolean("member", nodes.Contains(node));
            json.WriteNumber("running", ack?.Running ?? 0);
            json.WriteNumber("refused", ack?.Refused ?? 0);
            json.WriteString("reason", ack?.Reason ?? "nothing heard");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("revisions");
        foreach (ConfigRevision revision in view.Known.Reverse().Take(limit))
        {
            json.WriteStartObject();
            WriteHead(json, revision);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteWhole(Utf8JsonWriter json, ConfigRevision revision)
    {
        json.WriteStartObject();
        WriteHead(json, revision);
        if (revision.Open() is { } content)
        {
            json.WriteStartArray("overlay");
            foreach (OverlayEdit edit in content.Overlay.Edits)
            {
                json.WriteStartObject();
                json.WriteString("path", edit.Path);
                json.WritePropertyName("value");
                json.WriteRawValue(edit.Value is null ? "null" : Masked(edit.Path, edit.Value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("config");
            json.WriteRawValue(SecretMask.Apply(HoconJson.Write(content.Tree)));
        }
        else
        {
            json.WriteString("problem", "damaged, or from a later version of the program");
        }

        json.WriteEndObject();
    }

    /// <summary>As a file could have it. What the nodes have for themselves is not in it.</summary>
    public static string Export(long number, RevisionContent content)
    {
        string masked = Encoding.UTF8.GetString(SecretMask.Apply(HoconJson.Write(content.Tree)));
        HoconObject tree = OverlayEdit.ParseDocument(masked) ?? content.Tree; // It was written as JSON just now.
        var proxy = new HoconObject([new HoconMember("proxy", tree.Origin, tree)], tree.Origin);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"# revision {number}; without node, management, cluster, vip and bind; secrets are {SecretMask.Mask}\n")
            + HoconWriter.Write(proxy);
    }

    public static Task WriteAnswerAsync(HttpContext context, RevisionRequest request, RevisionAnswer answer)
    {
        context.Response.StatusCode = answer switch
        {
            RevisionAnswer.Conflict => 409,
            RevisionAnswer.Invalid => 422,
            RevisionAnswer.Unavailable => 503,
            _ => 200,
        };
        return JsonAnswers.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            WriteAnswer(json, request, answer);
            json.WriteEndObject();
        });
    }

    public static void WriteLines(Utf8JsonWriter json, string key, IEnumerable<string> lines)
    {
        json.WriteStartArray(key);
        foreach (string line in lines)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
    }

    private static void WriteAnswer(Utf8JsonWriter json, RevisionRequest request, RevisionAnswer answer)
    {
        switch (answer)
        {
            case RevisionAnswer.Committed committed:
                json.WriteString("outcome", "committed");
                WriteHead(json, committed.Revision);
                WriteLines(json, "warnings", committed.Warnings);
                break;
            case RevisionAnswer.Unchanged unchanged:
                json.WriteString("outcome", "unchanged");
                json.WriteNumber("number", unchanged.Number);
                break;
            case RevisionAnswer.Conflict conflict:
                json.WriteString("outcome", "conflict");
                json.WriteString(
                    "error",
                    $"revision {conflict.Current} is current, not {conflict.Expected}; look at it and ask again");
                json.WriteNumber("expected", conflict.Expected);
                json.WriteNumber("current", conflict.Current);
                WriteLines(json, "theirs", conflict.Theirs);
                WriteLines(json, "yours", request is RevisionRequest.Change change ? Masked(change) : conflict.Yours);
                break;
            case RevisionAnswer.Invalid invalid:
                json.WriteString("outcome", "invalid");
                json.WriteString("error", string.Join("; ", invalid.Problems));
                WriteLines(json, "problems", invalid.Problems);
                break;
            case RevisionAnswer.Unavailable unavailable:
                json.WriteString("outcome", "unavailable");
                json.WriteString("error", unavailable.Reason);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(answer), answer, "unknown answer");
        }
    }

    private static void WriteHead(Utf8JsonWriter json, ConfigRevision revision)
    {
        json.WriteNumber("number", revision.Number);
        json.WriteNumber("parent", revision.Number - 1);
        json.WriteString("at", revision.At.ToUniversalTime());
        json.WriteString("who", revision.Who);
        json.WriteString("why", revision.Why);
        json.WriteString("kind", revision.Kind.ToString().ToLowerInvariant());
        json.WriteNumber("of", revision.Of);
        json.WriteString("first", revision.First);
        json.WriteString("hash", revision.Hash);
        WriteLines(json, "diff", revision.Diff);
    }

    /// <summary>Of the members that run the newest revision, or refuse it, and all there are.</summary>
    private static string Applied(RevisionView view, IReadOnlyList<string> nodes)
    {
        long head = view.Head?.Number ?? 0;
        int running = view.Acks.Count(ack => nodes.Contains(ack.Node) && ack.Running == head);
        return string.Create(CultureInfo.InvariantCulture, $"{running} of {nodes.Count}");
    }

    private static IEnumerable<string> Masked(RevisionRequest.Change change) =>
        (change with
        {
            Set = [.. change.Set.Select(static pair => KeyValuePair.Create(pair.Key, Masked(pair.Key, pair.Value)))],
        }).Lines();

    /// <summary>The value with its secrets hidden; the keys of its path say whether it is one.</summary>
    private static string Masked(string path, string value)
    {
        if (!HoconPath.TryParse(path, out string[]? keys) || keys.Length > SharedBlocks.MaxKeys)
        {
            return $"\"{SecretMask.Mask}\"";
        }

        string open = string.Concat(keys.Select(static key => $"{{{JsonSerializer.Serialize(key)}:"));
        byte[] masked = SecretMask.Apply($"{open}{value}{new string('}', keys.Length)}");
        using JsonDocument document = JsonDocument.Parse(masked);
        return keys.Aggregate(document.RootElement, static (element, key) => element.GetProperty(key)).GetRawText();
    }
}
