using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Exporting;
using Proxy.Edge.Snapshot;

namespace Proxy.Cluster.Management;

/// <summary>The paths that are always there and what each answers. All of them only read.</summary>
/// <param name="more">Paths of others, for the index.</param>
internal sealed class ManagementEndpoints(INodeStatus node, TimeProvider time, IEnumerable<string> more)
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    private readonly string[] _paths =
    [
        "/", "/alive", "/ready", "/metrics",
        "/api/pools", "/api/pools/{name}", "/api/listeners", "/api/routes", "/api/config",
        .. more,
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Reading, Index);
        routes.MapMethods("/alive", Reading, _ => Task.CompletedTask);
        routes.MapMethods("/ready", Reading, Ready);
        routes.MapMethods("/metrics", Reading, Metrics);
        routes.MapMethods("/api/pools", Reading, context => JsonAnswers.WriteAsync(
            context, json => WriteArray(json, node.Snapshot.Pools, pool => PoolJson.Write(json, pool, node))));
        routes.MapMethods("/api/pools/{name}", Reading, Pool);
        routes.MapMethods("/api/listeners", Reading, context => JsonAnswers.WriteAsync(context, json => WriteArray(
            json, node.Snapshot.Listeners, listener => FrontJson.WriteListener(json, listener, node.Telemetry))));
        routes.MapMethods("/api/routes", Reading, context => JsonAnswers.WriteAsync(context, json => WriteArray(
            json, node.Snapshot.Routes, route => FrontJson.WriteRoute(json, route, node.Telemetry))));
        routes.MapMethods("/api/config", Reading, Config);
    }

    private static void WriteArray<T>(Utf8JsonWriter json, IReadOnlyList<T> items, Action<T> write)
    {
        json.WriteStartArray();
        foreach (T item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }

    private Task Index(HttpContext context)
    {
        string accepted = context.Request.Headers.Accept.ToString();
        context.Response.Headers.Vary = "Accept";
        if (accepted.Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            byte[] page = Encoding.UTF8.GetBytes(StatusPage.Write(node, time.GetUtcNow()));
            return JsonAnswers.BytesAsync(context, "text/html; charset=utf-8", page);
        }

        string paths = string.Join(',', _paths.Select(path => $"\"{path}\""));
        byte[] index = Encoding.UTF8.GetBytes($"{{\"paths\":[{paths}]}}\n");
        return JsonAnswers.BytesAsync(context, "application/json", index);
    }

    private Task Ready(HttpContext context)
    {
        if (node.IsReady(out string reason))
        {
            return Task.CompletedTask;
        }

        context.Response.StatusCode = 500;
        byte[] why = Encoding.UTF8.GetBytes($"Not Healthy: {reason}");
        return JsonAnswers.BytesAsync(context, "text/plain; charset=utf-8", why);
    }

    private Task Metrics(HttpContext context)
    {
        bool isReady = node.IsReady(out _);
        var metrics = new NodeMetrics(
            node.NodeName, node.Version, node.StartedAt, time.GetUtcNow(), isReady, node.Snapshot, node.Telemetry,
            node.AcmeOrders) { Vips = node.Vips, Peers = node.Peers, Cluster = node.Cluster };
        return JsonAnswers.BytesAsync(context, ExpositionWriter.ContentType, PrometheusWriter.Write(metrics));
    }

    private Task Pool(HttpContext context)
    {
        string? name = context.Request.RouteValues["name"] as string;
        PoolPlan? pool = node.Snapshot.Pools.FirstOrDefault(pool => pool.Name == name);
        return pool is null
            ? JsonAnswers.ErrorAsync(context, 404, $"no pool is named \"{name}\"")
            : JsonAnswers.WriteAsync(context, json => PoolJson.Write(json, pool, node));
    }

    private Task Config(HttpContext context)
    {
        byte[] masked = SecretMask.Apply(node.ResolvedConfigJson);
        return JsonAnswers.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("revision", node.Snapshot.Revision);
            json.WritePropertyName("config");
            using JsonDocument config = JsonDocument.Parse(masked);
            config.RootElement.WriteTo(json);
            json.WriteEndObject();
        });
    }
}
