using System.Collections.Immutable;

namespace Proxy.Cluster.Membership;

/// <summary>A node's sign of life: lives as long as its lease.</summary>
/// <param name="Incarnation">Whose; of another one it says nothing.</param>
/// <param name="Wall">The node's wall clock when it wrote this, which shows the others how far apart clocks
/// are.</param>
/// <param name="Load">Of the node.</param>
/// <param name="Silent">Names of nodes that it cannot reach.</param>
internal sealed record NodePulse(long Incarnation, DateTimeOffset Wall, NodeLoad Load, ImmutableArray<string> Silent)
{
    public byte[] Write() => ClusterJson.Write(json =>
    {
        json.WriteNumber("incarnation", Incarnation);
        json.WriteNumber("wall", Wall.ToUnixTimeMilliseconds());
        json.WriteNumber("connections", Load.Connections);
        json.WriteNumber("requestsPerSecond", Load.RequestsPerSecond);
        json.WriteNumber("processor", Load.Processor);
        json.WriteTexts("silent", Silent);
    });

    public static NodePulse? Read(ReadOnlyMemory<byte> value) => ClusterJson.Read(value, static json => new NodePulse(
        json.Number("incarnation"),
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(json.Number("wall"), 0, 253_402_300_799_999)), // year 9999
        new NodeLoad(
            json.SmallNumber("connections"), json.SmallNumber("requestsPerSecond"), json.SmallNumber("processor")),
        json.Texts("silent")));
}
