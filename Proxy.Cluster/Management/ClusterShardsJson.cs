using System.Text.Json;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;

namespace Proxy.Cluster.Management;

/// <summary>Singletons in the shapes of Akka's sharding: what is before the slash of a name is the type, what is behind
/// it the shard, and each shard has one entity, the singleton.</summary>
internal static class ClusterShardsJson
{
    public static void WriteTypes(Utf8JsonWriter json, SingletonBoard owners)
    {
        json.WriteStartObject();
        ClusterMembersJson.WriteTexts(
            json, "entityTypeKeys", owners.Owners.Keys.Select(TypeOf).Distinct().Order(StringComparer.Ordinal));
        json.WriteEndObject();
    }

    /// <summary>The shards of a type on this node, as Akka answers for its own region.</summary>
    public static void WriteRegion(Utf8JsonWriter json, string type, SingletonBoard owners, MembershipView view)
    {
        json.WriteStartObject();
        json.WriteStartArray("regions");
        foreach (string name in NamesOf(type, owners).Where(name => owners.OwnerOf(name)?.Node == view.Self.Name))
        {
            json.WriteStartObject();
            json.WriteString("shardId", ShardOf(name));
            json.WriteNumber("numEntities", 1);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("failed");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The shards of a type on all nodes.</summary>
    public static void WriteStats(Utf8JsonWriter json, string type, SingletonBoard owners, MembershipView view)
    {
        string[] names = [.. NamesOf(type, owners)];
        json.WriteStartObject();
        json.WriteStartObject("regions");
        foreach (IGrouping<string, string> region in names.GroupBy(name => AddressOf(owners.Owners[name], view)))
        {
            json.WriteStartObject(region.Key);
            ClusterMembersJson.WriteTexts(json, "shards", region.Select(ShardOf));
            ClusterMembersJson.WriteTexts(json, "failed", []);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteNumber("totalEntities", names.Length);
        json.WriteNumber("totalShards", names.Length);
        json.WriteEndObject();
    }

    public static bool Has(string type, SingletonBoard owners) => NamesOf(type, owners).Any();

    private static IEnumerable<string> NamesOf(string type, SingletonBoard owners) =>
        owners.Owners.Keys.Where(name => TypeOf(name) == type).Order(StringComparer.Ordinal);

    private static string AddressOf(Ownership owner, MembershipView view) =>
        view.Find(owner.Owner.Node)?.Address ?? owner.Owner.Node;

    private static string TypeOf(string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? name[..slash] : name;

    private static string ShardOf(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
