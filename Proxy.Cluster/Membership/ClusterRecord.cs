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

    /// <summary>What to tell an operator whose node is of another cluster.</summary>
    /// <param name="name">Under which the engine holds this one.</param>
    public string IsForeignTo(string clusterId, string name) =>
        $"this node belongs to cluster {clusterId}, but the engine holds cluster {Id} under the name \"{name}\": wrong "
        + "engine, or cluster.name is used twice. It serves without the cluster; to move it over, set cluster.id or "
        + "remove node.json from the state directory";
}
