using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Relay;

/// <summary>The lines that a route and its listener add to an origin's response.</summary>
internal static class ResponseLines
{
    /// <summary>What an edit must leave for the affinity cookie and the listener's own lines.</summary>
    private const int Reserve = 1024;

    /// <summary>Returns the length of the complete lines in <paramref name="lines"/>; fields of the head that are
    /// replaced or removed are marked in it.</summary>
    public static int Write(
        LoopServices services, ListenerProgram listener, in ForwardContext context, KeptRequest kept, ResponseHead head,
        Span<byte> lines)
    {
        RouteProgram route = context.Route;
        int length = route.EditsResponse(head) ? Edit(services, listener, in context, kept, head, lines) : 0;
        if (listener.ResponseLines is { Length: > 0 } own && !head.Has(HeaderId.StrictTransportSecurity))
        {
            own.CopyTo(lines[length..]);
            length += own.Length;
        }

        return length;
    }

    /// <summary>Edits may speak of the request, so its head is parsed again; it passed once, so it passes
    /// again.</summary>
    private static int Edit(
        LoopServices services, ListenerProgram listener, in ForwardContext context, KeptRequest kept, ResponseHead head,
        Span<byte> lines)
    {
        RequestHead request = services.Workspace.Request;
        if (!kept.TryReparse(request, listener.Plan, services.PathScratch, out NormalizedPath path))
        {
            return 0;
        }

        TemplateContext template = RequestHeadWriter.Template(in context, request, path);
        return Math.Max(0, context.Route.EditResponse(head, template, lines[..^Reserve]));
    }
}
