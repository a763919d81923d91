using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Management;

/// <summary>Paths of the virtual addresses.</summary>
internal sealed class VipEndpoints(INodeStatus node, ChangeGuard guard) : IManagementEndpoints
{
    public IReadOnlyList<string> Paths { get; } =
    [
        "/api/vips", "/api/vips/{name}/move", "/api/vips/{name}/give", "/api/vips/{name}/take",
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/vips", ["GET", "HEAD"], context => JsonAnswers.WriteAsync(
            context, json => VipJson.Write(json, node.Vips, node.NodeName)));
        Change(routes, "move", static request => new VipOrder.Move(request.Query["to"].ToString()));
        Change(routes, "give", static _ => new VipOrder.Give());
        Change(routes, "take", static _ => new VipOrder.Take());
    }

    private void Change(IEndpointRouteBuilder routes, string verb, Func<HttpRequest, VipOrder> order) =>
        routes.MapPost($"/api/vips/{{name}}/{verb}", context => guard.RunAsync(context, async allowed =>
        {
            string name = allowed.Request.RouteValues["name"] as string ?? "";
            string problem = await node.OrderVipAsync(name, order(allowed.Request));
            if (problem.Length > 0)
            {
                await JsonAnswers.ErrorAsync(allowed, 409, problem);
                return;
            }

            await JsonAnswers.WriteAsync(allowed, json =>
            {
                json.WriteStartObject();
                json.WriteString("vip", name);
                json.WriteString("done", verb);
                json.WriteEndObject();
            });
        }));
}
