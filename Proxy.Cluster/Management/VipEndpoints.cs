using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Proxy.Cluster.Management;

/// <summary>Paths of the virtual routers: GET /api/vips; POST /api/vips/NAME/give and /take move an address by
/// hand.</summary>
internal sealed class VipEndpoints(INodeStatus node, ChangeGuard guard) : IManagementEndpoints
{
    public IReadOnlyList<string> Paths { get; } = ["/api/vips"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/vips", ["GET", "HEAD"], context => JsonAnswers.WriteAsync(
            context, json => VipJson.Write(json, node.Vips, node.NodeName)));
        routes.MapMethods("/api/vips/{name}/give", ["POST"], context => guard.RunAsync(
            context, allowed => OrderAsync(allowed, isTake: false)));
        routes.MapMethods("/api/vips/{name}/take", ["POST"], context => guard.RunAsync(
            context, allowed => OrderAsync(allowed, isTake: true)));
    }

    private async Task OrderAsync(HttpContext context, bool isTake)
    {
        string name = context.Request.RouteValues["name"] as string ?? "";
        string problem = await node.OrderVipAsync(name, isTake);
        if (problem.Length > 0)
        {
            await JsonAnswers.ErrorAsync(context, 409, problem);
            return;
        }

        await JsonAnswers.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("vip", name);
            json.WriteString("ordered", isTake ? "take" : "give");
            json.WriteEndObject();
        });
    }
}
