using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>What an authority says when it refuses (RFC 7807, RFC 8555 §6.7), in a line.</summary>
internal static class AcmeProblem
{
    public const string BadNonce = "badNonce";
    private const string Urn = "urn:ietf:params:acme:error:";
    private const int LongestText = 500;

    /// <summary>The type without its prefix; "" when the body is no problem document.</summary>
    public static string Type(string body) => Short((AcmeJson.Parse(body) as JsonObject)?.Text("type") ?? "");

    public static string Describe(AcmeReply reply)
    {
        string text = Describe(AcmeJson.Parse(reply.Body) as JsonObject);
        return text.Length > 0 ? text : $"status {reply.Status}";
    }

    /// <summary>A problem with those below it; "" when there is none.</summary>
    public static string Describe(JsonObject? problem)
    {
        if (problem is null)
        {
            return "";
        }

        IEnumerable<string> parts =
        [
            Short(problem.Text("type")), problem.Text("detail"),
            .. (problem["subproblems"] as JsonArray ?? []).OfType<JsonObject>().Select(static one =>
                $"{(one["identifier"] as JsonObject)?.Text("value")} {Describe(one)}"),
        ];
        string all = string.Join(": ", parts.Where(static part => part.Length > 0));
        // It goes into a log line: the authority is not trusted to keep to one.
        all = string.Concat(all.Select(static c => char.IsControl(c) ? ' ' : c));
        return all.Length <= LongestText ? all : all[..LongestText];
    }

    private static string Short(string type) =>
        type.StartsWith(Urn, StringComparison.Ordinal) ? type[Urn.Length..] : type;
}
