using Proxy.Edge.Http;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>Steps 3 to 5: may this request pass, and where to? One normal form of the path serves routing and
/// everything that judges by it. The spans point into the head or the loop's scratch space.</summary>
internal readonly ref struct Admission
{
    /// <summary>None when the request may pass.</summary>
    public ProxyFault Fault { get; private init; }

    /// <summary>The step that refused it.</summary>
    public ExchangePhase Phase { get; private init; }

    public RouteProgram? Route { get; private init; }

    public NormalizedPath Path { get; private init; }

    /// <summary>The client behind trusted hops.</summary>
    public ClientAddress Client { get; private init; }

    /// <param name="bodyBytes">Bytes of the request body seen so far.</param>
    public static Admission Judge(
        LoopServices services, IClientStream client, ListenerProgram listener, RequestHead head, long bodyBytes,
        ref RouteCaptures captures)
    {
        ClientAddress address = listener.Forwarding.EffectiveClient(client.Forwarding, head);
        if (services.Loop.Buffers.IsExhausted)                                                // 3
        {
            return Refuse(ProxyFault.OutOfMemory, ExchangePhase.AdmitToListener, address);
        }

        if (head.Method == Method.Connect)
        {
            return Refuse(ProxyFault.MethodNotAllowed, ExchangePhase.AdmitToListener, address);
        }

        if (client.IsTls && !client.Serves(head.Host))
        {
            return Refuse(ProxyFault.MisdirectedRequest, ExchangePhase.AdmitToListener, address);
        }

        ReadOnlySpan<byte> raw = head.Path;
        if (PathNormalizer.Normalize(
            raw, listener.Plan.PathPolicy, services.PathScratchFor(raw.Length), out NormalizedPath path)
            != PathVerdict.Ok)
        {
            return Refuse(ProxyFault.BadRequest, ExchangePhase.AdmitToListener, address);
        }

        if (listener.Loop.IsLoop(head))
        {
            return Refuse(ProxyFault.LoopDetected, ExchangePhase.AdmitToListener, address);
        }

        int index = listener.Plan.Routes.Match(head, path.Match, address, ref captures);        // 4
        if (index < 0)
        {
            return Refuse(ProxyFault.NoRoute, ExchangePhase.Route, address);
        }

        RouteProgram route = listener.Routes[index];
        long limit = route.Plan.MaxRequestBody;
        if (limit > 0 && (head.ContentLength > limit || bodyBytes > limit))                    // 5
        {
            return Refuse(ProxyFault.BodyTooLarge, ExchangePhase.AdmitToRoute, address);
        }

        return new Admission { Route = route, Path = path, Client = address };
    }

    private static Admission Refuse(ProxyFault fault, ExchangePhase phase, ClientAddress client) =>
        new() { Fault = fault, Phase = phase, Client = client };
}
