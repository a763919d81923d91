using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Cluster.Vrrp.Node;

/// <param name="Name">Of the virtual router, or of its sync group.</param>
/// <param name="Pin">Node that comes first; empty = any.</param>
internal readonly record struct PlacedVip(string Name, string Pin);

/// <param name="Weight">Share compared to the other nodes; 0 = only when all others are gone.</param>
internal readonly record struct PlacedNode(string Name, int Weight);

/// <summary>Which node has which virtual router, and who comes next. A function of the two lists alone, whatever their
/// order, so that every node computes the same without talking. Because the whole order is fixed, a node's death moves
/// only what it had; because each place in the order is filled by load, what it had is spread over the others.
/// </summary>
internal static class VipPlacement
{
    /// <summary>For each virtual router all nodes, the best first.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Order(
        IReadOnlyList<PlacedVip> vips, IReadOnlyList<PlacedNode> nodes)
    {
        var orders = vips.ToDictionary(static vip => vip.Name, static _ => new List<PlacedNode>());
        PlacedVip[] sorted = [.. vips.OrderBy(static vip => vip.Pin.Length == 0).ThenBy(
            static vip => vip.Name, StringComparer.Ordinal)];
        for (int place = 0; place < nodes.Count; place++)
        {
            // Those that have lost the same nodes share what is left: everything the survivors have by then counts.
            foreach (IGrouping<string, PlacedVip> alike in sorted.GroupBy(vip => Names(orders[vip.Name])))
            {
                HashSet<string> dead = [.. orders[alike.First().Name].Select(static node => node.Name)];
                Dictionary<string, int> load = Loads(sorted, orders, nodes, dead);
                foreach (PlacedVip vip in alike)
                {
                    PlacedNode best = Best(vip, nodes, dead, load, isFirst: place == 0);
                    orders[vip.Name].Add(best);
                    load[best.Name]++;
                }
            }
        }

        return orders.ToDictionary(
            static pair => pair.Key,
            static pair => (IReadOnlyList<string>)[.. pair.Value.Select(static node => node.Name)]);
    }

    private static string Names(List<PlacedNode> nodes) =>
        string.Join('\n', nodes.Select(static node => node.Name).Order(StringComparer.Ordinal));

    /// <summary>How many each living node has while the dead ones are gone; routers not placed yet do not count.
    /// </summary>
    private static Dictionary<string, int> Loads(
        PlacedVip[] vips, Dictionary<string, List<PlacedNode>> orders, IReadOnlyList<PlacedNode> nodes,
        HashSet<string> dead)
    {
        var load = nodes.ToDictionary(static node => node.Name, static _ => 0);
        foreach (PlacedVip vip in vips)
        {
            PlacedNode owner = orders[vip.Name].FirstOrDefault(node => !dead.Contains(node.Name));
            if (owner.Name is not null)
            {
                load[owner.Name]++;
            }
        }

        return load;
    }

    private static PlacedNode Best(
        PlacedVip vip, IReadOnlyList<PlacedNode> nodes, HashSet<string> dead, Dictionary<string, int> load,
        bool isFirst) =>
        nodes.Where(node => !dead.Contains(node.Name))
            .OrderBy(node => !(isFirst && node.Name == vip.Pin))
            .ThenBy(static node => node.Weight == 0)
            .ThenBy(node => node.Weight == 0 ? load[node.Name] : (load[node.Name] + 1.0) / node.Weight)
            .ThenByDescending(node => Affinity(vip.Name, node.Name))
            .First();

    /// <summary>Rendezvous hash: breaks ties differently for every router.</summary>
    private static ulong Affinity(string vip, string node) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{vip}\n{node}")));
}
