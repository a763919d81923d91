using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Exporting;

namespace Proxy.Cluster.Management;

/// <summary>The node as a whole: how it is, and the commands an operator has for it.</summary>
internal sealed class NodeEndpoints(INodeStatus node, INodeControl control, ChangeGuard guard) : IManagementEndpoints
{
    private const int MaxReason = 200;
    private static readonly string[] Reading = ["GET", "HEAD"];

    public IReadOnlyList<string> Paths { get; } =
    [
        "/api/node", "/api/node/drain", "/api/node/undrain", "/api/node/leave", "/api/node/upgrade",
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/node", Reading, context => JsonAnswers.WriteAsync(context, Write));
        Change(routes, "/api/node/drain", request => control.DrainAsync(Reason(request)));
        Change(routes, "/api/node/undrain", _ => control.UndrainAsync());
        Change(routes, "/api/node/leave", request => control.LeaveAsync(Reason(request)));
        Change(routes, "/api/node/upgrade", _ => control.UpgradeAsync());
    }

    /// <summary>One short line, as it goes to the log.</summary>
    private static string Reason(HttpRequest request)
    {
        string said = string.Concat(request.Query["reason"].ToString().Where(static c => !char.IsControl(c)));
        return said.Length == 0 ? "an operator" : said.Length > MaxReason ? said[..MaxReason] : said;
    }

    private void Change(IEndpointRouteBuilder routes, string path, Func<HttpRequest, Task<ControlAnswer>> change) =>
        routes.MapPost(path, context => guard.RunAsync(context, async allowed =>
        {
            ControlAnswer answer = await change(allowed.Request);
            if (answer.Problem is { } problem)
            {
                await JsonAnswers.ErrorAsync(allowed, 409, problem);
                return;
            }

            await JsonAnswers.WriteAsync(allowed, Write);
        }));

    private void Write(Utf8JsonWriter json)
    {
        bool isReady = node.IsReady(out string reason);
        json.WriteStartObject();
        json.WriteString("name", node.NodeName);
        json.WriteString("version", node.Version);
        json.WriteNumber("process", Environment.ProcessId);
        json.WriteString("startedAt", node.StartedAt.ToUniversalTime());
        json.WriteString("state", control.State);
        json.WriteBoolean("ready", isReady);
        json.WriteString("reason", reason);
        json.WriteNumber("revision", node.Snapshot.Revision);
        json.WriteNumber("connections", node.Telemetry.Sum(static l => Volatile.Read(ref l.Counters.ConnectionsOpen)));
        json.WriteNumber("requests", node.Telemetry.Sum(static l => Volatile.Read(ref l.Counters.Requests)));
        json.WriteNumber(
            "serverErrors", node.Telemetry.Sum(static l => Volatile.Read(ref l.Counters.Responses.Class5)));
        json.WriteEndObject();
    }
}
