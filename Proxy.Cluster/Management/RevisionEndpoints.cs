using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Revisions;

namespace Proxy.Cluster.Management;

/// <summary>The configuration as numbered commits: what there is, and the ways to make the next one. Secrets are
/// masked wherever a value is shown.</summary>
internal sealed class RevisionEndpoints(RevisionStore store, ChangeGuard guard) : IManagementEndpoints
{
    private const int DefaultLimit = 20;

    private static readonly string[] Reading = ["GET", "HEAD"];

    public IReadOnlyList<string> Paths { get; } =
    [
        "/api/revisions", "/api/revisions/{number}", "/api/revisions/{number}/diff", "/api/revisions/export",
        "/api/revisions/rollback", "/api/revisions/continue",
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/revisions", Reading, List);
        routes.MapMethods("/api/revisions/{number:long}", Reading, One);
        routes.MapMethods("/api/revisions/{number:long}/diff", Reading, DiffAsync);
        routes.MapMethods("/api/revisions/export", Reading, Export);
        routes.MapPost("/api/revisions", context => CommitAsync(context, RevisionBody.Change));
        routes.MapPost("/api/revisions/rollback", context => CommitAsync(context, RevisionBody.Rollback));
        routes.MapPost("/api/revisions/continue", context => CommitAsync(context, RevisionBody.Continue));
    }

    private Task List(HttpContext context) => JsonAnswers.WriteAsync(context, json => RevisionJson.WriteList(
        json, store.View, store.Nodes, (int)Number(context, "limit", DefaultLimit)));

    private Task One(HttpContext context)
    {
        RevisionView view = store.View;
        long number = Number(context, "number", 0);
        return view.At(number) is { } revision
            ? JsonAnswers.WriteAsync(context, json => RevisionJson.WriteWhole(json, revision))
            : Missing(context, view, number);
    }

    /// <summary>From the revision before, or from the one the query names.</summary>
    private async Task DiffAsync(HttpContext context)
    {
        RevisionView view = store.View;
        long to = Number(context, "number", 0);
        long from = Number(context, "from", to - 1);
        if (view.ContentOf(to) is not { } content)
        {
            await Missing(context, view, to);
            return;
        }

        if (from > 0 && view.ContentOf(from) is null)
        {
            await Missing(context, view, from);
            return;
        }

        IReadOnlyList<string> lines = await store.DiffAsync(view.ContentOf(from), content);
        await JsonAnswers.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("from", from);
            json.WriteNumber("to", to);
            RevisionJson.WriteLines(json, "diff", lines);
            json.WriteEndObject();
        });
    }

    private Task Export(HttpContext context)
    {
        RevisionView view = store.View;
        long number = Number(context, "revision", view.Running);
        if (view.ContentOf(number) is not { } content)
        {
            return Missing(context, view, number);
        }

        string text = RevisionJson.Export(number, content);
        return JsonAnswers.BytesAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
    }

    private Task CommitAsync(HttpContext context, Func<JsonElement, RevisionBody> read) =>
        guard.RunAsync(context, async allowed =>
        {
            RevisionBody body = await RevisionBody.ReadAsync(allowed, read);
            if (body.Request is not { } request)
            {
                await JsonAnswers.ErrorAsync(allowed, 400, body.Problem);
                return;
            }

            await RevisionJson.WriteAnswerAsync(allowed, request, await store.CommitAsync(request));
        });

    private static Task Missing(HttpContext context, RevisionView view, long number)
    {
        string there = view.Head is { } head ? $"there are {view.Known[0].Number} to {head.Number}" : "there is none";
        return JsonAnswers.ErrorAsync(
            context, 404, string.Create(CultureInfo.InvariantCulture, $"no revision {number}; {there}"));
    }

    private static long Number(HttpContext context, string name, long otherwise)
    {
        string? text = context.Request.RouteValues[name]?.ToString() ?? context.Request.Query[name].ToString();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : otherwise;
    }
}
