using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Proxy.Cluster.Management;

/// <summary>Paths of the virtual routers: GET /api/vips; POST /api/vips/NAME/give and /take move an address by
/// hand.</summary>
internal sealed class VipEndpoints(INodeStatus node)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/vips", ["GET", "HEAD"], context => JsonAnswers.WriteAsync(
            context, json => VipJson.Write(json, node.Vips, node.NodeName)));
        routes.MapMethods("/api/vips/{name}/give", ["POST"], context => OrderAsync(context, isTake: false));
        routes.MapMethods("/api/vips/{name}/take", ["POST"], context => OrderAsync(context, isTake: true));
    }

    private async Task OrderAsync(HttpContext context, bool isTake)
    {
        // A page of another origin cannot send this type without asking first, and is refused then.
        if (context.Request.ContentType is not "application/json")
        {
            await JsonAnswers.ErrorAsync(context, 415, "the Content-Type has to be application/json");
            return;
        }

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
