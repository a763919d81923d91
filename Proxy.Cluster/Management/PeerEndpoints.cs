using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Management;

/// <summary>The connections to other nodes.</summary>
internal sealed class PeerEndpoints(INodeStatus node) : IManagementEndpoints
{
    public IReadOnlyList<string> Paths { get; } = ["/api/peers"];

    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods(
        "/api/peers", ["GET", "HEAD"], context => JsonAnswers.WriteAsync(context, json => Write(json, node.Peers)));

    private static void Write(Utf8JsonWriter json, IReadOnlyList<PeerStatus> peers)
    {
        json.WriteStartObject();
        json.WriteStartArray("peers");
        foreach (PeerStatus peer in peers)
        {
            json.WriteStartObject();
            json.WriteString("node", peer.Node);
            json.WriteNumber("incarnation", peer.Incarnation);
            json.WriteString("address", peer.Address);
            json.WriteNumber("version", peer.Version);
            json.WriteNumber("behindEntries", peer.Behind);
            json.WriteNumber("snapshots", peer.Snapshots);
            json.WriteNumber("repairs", peer.Repairs);
            json.WriteNumber("queuedBytes", peer.QueuedBytes);
            json.WriteNumber("bytesSent", peer.BytesSent);
            json.WriteNumber("bytesReceived", peer.BytesReceived);
            json.WriteNumber("roundTripMs", peer.RoundTrip);
            json.WriteNumber("clockOffsetMs", peer.ClockOffset);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
