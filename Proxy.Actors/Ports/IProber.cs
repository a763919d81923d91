using Proxy.Actors.Config;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Ports;

/// <summary>Sends one health check. Called in an actor's turn, so it must return at once and do its work
/// asynchronously, on a connection of its own. A check that fails is a result; an exception means that the check itself
/// is broken and says nothing about the member.</summary>
public interface IProber
{
    ValueTask<ProbeResult> ProbeAsync(ProbeRequest request, CancellationToken cancellation);
}

/// <summary>What to check and what to expect.</summary>
/// <param name="Targets">Tried in order until one accepts, as requests do.</param>
/// <param name="Method">An HTTP method, TCP for a check that only connects, or GRPC for gRPC's health service.</param>
/// <param name="Path">Origin form of the request target, "/health?x=1".</param>
/// <param name="Host">Value of the Host field.</param>
/// <param name="Protocol">As requests do, so that an origin that speaks only HTTP/2 can be checked.</param>
/// <param name="Tls">Null for a plain connection.</param>
/// <param name="Timeout">For everything, connecting included.</param>
public sealed record ProbeRequest(
    IReadOnlyList<SocketTarget> Targets,
    string Method,
    string Path,
    string Host,
    IReadOnlyList<NamedText> Headers,
    TimeSpan Timeout,
    StatusSet Expect,
    ProbeTls? Tls = null,
    OriginProtocol Protocol = OriginProtocol.Http1);

/// <summary>The member is checked over TLS, by the rules of its pool.</summary>
/// <param name="Name">Host of the member's URL; the pool may name another.</param>
public sealed record ProbeTls(string Pool, string Name);

/// <summary>How a check ended.</summary>
/// <param name="Reason">For operators: "200", "status 503", "connection refused", "timeout after 2 s".</param>
/// <param name="Status">0 when there was no response.</param>
public readonly record struct ProbeResult(bool Passed, string Reason, int Status, TimeSpan Duration);
