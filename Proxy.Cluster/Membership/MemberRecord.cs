using System.Text.Json;

namespace Proxy.Cluster.Membership;

/// <summary>What the engine keeps of a member. Every change is compared with the revision that was read.</summary>
/// <param name="Node">Who it is.</param>
/// <param name="Status">Joining, Up, Leaving, Exiting or Down; a removed member has no record.</param>
/// <param name="UpNumber">Its place in the order of becoming Up; 0 before.</param>
internal sealed record MemberRecord(NodeIdentity Node, MemberStatus Status, int UpNumber)
{
    public byte[] Write() => ClusterJson.Write(json =>
    {
        json.WriteString("name", Node.Name);
        json.WriteNumber("incarnation", Node.Incarnation);
        json.WriteString("home", Node.Home);
        json.WriteString("peer", Node.PeerAddress);
        json.WriteString("management", Node.ManagementAddress);
        json.WriteTexts("roles", Node.Roles);
        json.WriteString("version", Node.Version);
        json.WriteNumber("oldestProtocol", Node.Protocols.Oldest);
        json.WriteNumber("newestProtocol", Node.Protocols.Newest);
        json.WriteString("status", Status.ToString());
        json.WriteNumber("upNumber", UpNumber);
    });

    /// <summary>Null when it is not a member's record.</summary>
    public static MemberRecord? Read(ReadOnlyMemory<byte> value) => ClusterJson.Read(value, Read) is { } record
        && record.Node.Name.Length > 0 && record.Node.PeerAddress.Length > 0 ? record : null;

    private static MemberRecord Read(JsonElement json)
    {
        var node = new NodeIdentity
        {
            Name = json.Text("name"),
            Incarnation = json.Number("incarnation"),
            Home = json.Text("home"),
            PeerAddress = json.Text("peer"),
            ManagementAddress = json.Text("management"),
            Roles = json.Texts("roles"),
            Version = json.Text("version"),
            Protocols = new ProtocolRange(json.SmallNumber("oldestProtocol"), json.SmallNumber("newestProtocol")),
        };
        // A status of a later version is somebody else's to move; as Joining it takes no part.
        MemberStatus status = Enum.TryParse(json.Text("status"), out MemberStatus known) ? known : MemberStatus.Joining;
        return new MemberRecord(node, status, json.SmallNumber("upNumber"));
    }
}
