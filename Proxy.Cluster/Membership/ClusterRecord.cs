namespace Proxy.Cluster.Membership;

/// <summary>The cluster's own record, written first by its founder.</summary>
/// <param name="Id">Random; never changes.</param>
/// <param name="IsClosing">All nodes are about to be stopped: singletons stay where they are and end with their nodes.
/// Ends when a node joins.</param>
internal sealed record ClusterRecord(string Id, bool IsClosing)
{
    public byte[] Write() => ClusterJson.Write(json =>
    {
        json.WriteString("id", Id);
        json.WriteBoolean("closing", IsClosing);
    });

    public static ClusterRecord? Read(ReadOnlyMemory<byte> value) => ClusterJson.Read(
        value, static json => new ClusterRecord(json.Text("id"), json.IsTrue("closing")));
}
