using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Management;

/// <summary>The cluster at the paths and in the shapes of Akka Management. What changes something is refused with 405
/// unless management may change things, as there.</summary>
internal sealed class ClusterEndpoints(IClusterControl cluster, ChangeGuard guard, bool readOnly, TimeProvider time)
    : IManagementEndpoints
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    public IReadOnlyList<string> Paths { get; } =
    [
        "/cluster", "/cluster/members", "/cluster/members/{address}", "/cluster/domain-events", "/cluster/shards",
        "/cluster/shards/{name}", "/cluster/shards/{name}/stats", "/cluster/health", "/bootstrap/seed-nodes",
    ];

    private MembershipView View => cluster.Board.View;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/cluster/members", Reading, context => JsonAnswers.WriteAsync(
            context, json => ClusterMembersJson.WriteView(json, View)));
        routes.MapPost("/cluster/members", context => ChangeAsync(context, JoinAsync));
        routes.MapMethods("/cluster/members/{**address}", Reading, MemberAsync);
        routes.MapPut("/cluster/members/{**address}", context => ChangeAsync(context, OperateAsync));
        routes.MapDelete("/cluster/members/{**address}", context => ChangeAsync(
            context, allowed => OrderAsync(allowed, MemberOrderKind.Leave, Address(allowed))));
        routes.MapPut("/cluster", context => ChangeAsync(context, CloseAsync));
        routes.MapGet("/cluster/domain-events", new ClusterEventStream(cluster.Board, time).RunAsync);
        routes.MapMethods("/cluster/shards", Reading, context => JsonAnswers.WriteAsync(
            context, json => ClusterShardsJson.WriteTypes(json, cluster.Owners)));
        routes.MapMethods("/cluster/shards/{name}", Reading, context => ShardsAsync(
            context, (json, name) => ClusterShardsJson.WriteRegion(json, name, cluster.Owners, View)));
        routes.MapMethods("/cluster/shards/{name}/stats", Reading, context => ShardsAsync(
            context, (json, name) => ClusterShardsJson.WriteStats(json, name, cluster.Owners, View)));
        routes.MapMethods("/cluster/health", Reading, context => JsonAnswers.WriteAsync(
            context, json => ClusterHealthJson.Write(json, cluster.Health, time.GetUtcNow())));
        routes.MapMethods("/bootstrap/seed-nodes", Reading, context => JsonAnswers.WriteAsync(
            context, json => ClusterMembersJson.WriteSeeds(json, View)));
    }

    private static Task NotSupportedAsync(HttpContext context) => MessageAsync(context, 400, "Operation not supported");

    private static string Address(HttpContext context) =>
        Uri.UnescapeDataString(context.Request.RouteValues["address"] as string ?? "");

    private static Task MessageAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return JsonAnswers.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", message);
            json.WriteEndObject();
        });
    }

    private async Task ChangeAsync(HttpContext context, Func<HttpContext, Task> change)
    {
        if (readOnly)
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await MessageAsync(
                context, 405, "management is read-only; management { read-only = false } allows changes");
            return;
        }

        await guard.RunAsync(context, change);
    }

    private Task MemberAsync(HttpContext context)
    {
        string address = Address(context);
        return View.Find(address) is { } member
            ? JsonAnswers.WriteAsync(context, json => ClusterMembersJson.WriteMember(json, member))
            : MessageAsync(context, 404, $"Member [{address}] not found");
    }

    private async Task JoinAsync(HttpContext context)
    {
        string address = await FieldAsync(context, "address");
        if (address.Length == 0)
        {
            await MessageAsync(context, 400, "the field address is missing");
            return;
        }

        await OrderAsync(context, MemberOrderKind.Join, address);
    }

    private async Task OperateAsync(HttpContext context)
    {
        string operation = await FieldAsync(context, "operation");
        MemberOrderKind? kind = operation.ToUpperInvariant() switch
        {
            "DOWN" => MemberOrderKind.Down,
            "LEAVE" => MemberOrderKind.Leave,
            _ => null,
        };
        await (kind is { } order ? OrderAsync(context, order, Address(context)) : NotSupportedAsync(context));
    }

    private async Task CloseAsync(HttpContext context)
    {
        string operation = await FieldAsync(context, "operation");
        await (operation.Equals("prepare-for-full-shutdown", StringComparison.OrdinalIgnoreCase)
            ? OrderAsync(context, MemberOrderKind.Close, "")
            : NotSupportedAsync(context));
    }

    private async Task OrderAsync(HttpContext context, MemberOrderKind kind, string address)
    {
        OrderResult result = await cluster.OrderAsync(new MemberOrder(kind, address));
        int status = result.Outcome switch
        {
            OrderOutcome.Done => 200,
            OrderOutcome.NotFound => 404,
            OrderOutcome.Refused => 409,
            _ => 503,
        };
        await MessageAsync(context, status, result.Message);
    }

    private Task ShardsAsync(HttpContext context, Action<Utf8JsonWriter, string> write)
    {
        string name = context.Request.RouteValues["name"] as string ?? "";
        return ClusterShardsJson.Has(name, cluster.Owners)
            ? JsonAnswers.WriteAsync(context, json => write(json, name))
            : MessageAsync(context, 404, $"Shard Region {name} is not started");
    }

    /// <summary>A field of a form, as Akka takes it, or of a JSON object.</summary>
    private static async Task<string> FieldAsync(HttpContext context, string name)
    {
        HttpRequest request = context.Request;
        try
        {
            if (request.HasFormContentType)
            {
                IFormCollection form = await request.ReadFormAsync(context.RequestAborted);
                return form[name].ToString();
            }

            using JsonDocument body = await JsonDocument.ParseAsync(
                request.Body, cancellationToken: context.RequestAborted);
            return body.RootElement.ValueKind == JsonValueKind.Object
                && body.RootElement.TryGetProperty(name, out JsonElement value)
                && value.ValueKind == JsonValueKind.String
                ? value.GetString() ?? ""
                : "";
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException)
        {
            return "";
        }
    }
}
