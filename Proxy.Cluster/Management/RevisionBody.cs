using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Cluster.Revisions;

namespace Proxy.Cluster.Management;

/// <summary>A request for the next revision, out of the JSON that asks for it.</summary>
/// <param name="Request">Null = it says something else; then the problem.</param>
internal sealed record RevisionBody(RevisionRequest? Request, string Problem)
{
    // Answers show values below the keys of their path, and JSON is read to depth 64 there.
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 32 };

    private static readonly string[] CommonKeys = ["who", "why", "expected", "first", "goesOn"];

    public static async Task<RevisionBody> ReadAsync(HttpContext context, Func<JsonElement, RevisionBody> read)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(
                context.Request.Body, Shallow, context.RequestAborted);
            return body.RootElement.ValueKind == JsonValueKind.Object
                ? read(body.RootElement)
                : new RevisionBody(null, "the body is not a JSON object");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return new RevisionBody(null, $"the body is not understood: {error.Message}");
        }
        catch (BadHttpRequestException error)
        {
            return new RevisionBody(null, error.Message);
        }
    }

    public static RevisionBody Change(JsonElement body)
    {
        if (Unknown(body, "set", "unset", "revert") is { } problem)
        {
            return new RevisionBody(null, problem);
        }

        KeyValuePair<string, string>[] set = body.TryGetProperty("set", out JsonElement values)
            ? [.. values.EnumerateObject().Select(
                static pair => KeyValuePair.Create(pair.Name, pair.Value.GetRawText()))]
            : [];
        if (set.Any(static pair => pair.Value == "null"))
        {
            return new RevisionBody(null, "set: null is no value; use unset or revert");
        }

        string[] unset = Texts(body, "unset");
        string[] revert = Texts(body, "revert");
        return set.Length + unset.Length + revert.Length == 0
            ? new RevisionBody(
                null, "nothing to change; accepted: set { path: value }, unset [ path ], revert [ path ]")
            : new RevisionBody(Signed(body, new RevisionRequest.Change(set, unset, revert) { Who = "" }), "");
    }

    public static RevisionBody Rollback(JsonElement body)
    {
        if (Unknown(body, "to") is { } problem)
        {
            return new RevisionBody(null, problem);
        }

        return body.TryGetProperty("to", out JsonElement to)
            ? new RevisionBody(Signed(body, new RevisionRequest.Rollback(to.GetInt64()) { Who = "" }), "")
            : new RevisionBody(null, "\"to\" is missing: the revision to go back to");
    }

    public static RevisionBody Continue(JsonElement body) => Unknown(body) is { } problem
        ? new RevisionBody(null, problem)
        : new RevisionBody(Signed(body, new RevisionRequest.Continue { Who = "" }), "");

    private static RevisionRequest Signed(JsonElement body, RevisionRequest request) => request with
    {
        Who = Text(body, "who") is { Length: > 0 } who ? who : "management",
        Why = Text(body, "why"),
        Expected = body.TryGetProperty("expected", out JsonElement expected) ? expected.GetInt64() : null,
        First = Text(body, "first"),
        GoesOn = body.TryGetProperty("goesOn", out JsonElement goesOn) && goesOn.GetBoolean(),
    };

    // A key that is misspelt must not be a change without it.
    private static string? Unknown(JsonElement body, params string[] own)
    {
        string[] known = [.. own, .. CommonKeys];
        string? unknown = body.EnumerateObject().Select(static pair => pair.Name)
            .FirstOrDefault(name => !known.Contains(name));
        return unknown is null ? null : $"\"{unknown}\" is no key here; accepted: {string.Join(", ", known)}";
    }

    private static string Text(JsonElement body, string key) =>
        body.TryGetProperty(key, out JsonElement text) ? text.GetString() ?? "" : "";

    private static string[] Texts(JsonElement body, string key) => body.TryGetProperty(key, out JsonElement list)
        ? [.. list.EnumerateArray().Select(static text => text.GetString() ?? "")]
        : [];
}
