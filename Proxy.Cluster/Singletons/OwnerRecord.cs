using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <summary>Value of an owner's key and of a nominee's.</summary>
internal sealed record OwnerRecord(string Node, long Incarnation)
{
    public byte[] Write() => ClusterJson.Write(json =>
    {
        json.WriteString("node", Node);
        json.WriteNumber("incarnation", Incarnation);
    });

    public static OwnerRecord? Read(ReadOnlyMemory<byte> value) => ClusterJson.Read(
        value, static json => new OwnerRecord(json.Text("node"), json.Number("incarnation")));
}

/// <summary>Who has a singleton.</summary>
/// <param name="Token">The revision at which the key was given to it.</param>
internal readonly record struct Ownership(OwnerRecord Owner, Revision Token, LeaseId Lease);
