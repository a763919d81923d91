using System.Text;

namespace Proxy.Cluster.Singletons;

/// <summary>Spreads names over nodes so that every node computes the same order by itself, and a node that comes or
/// goes moves only what it wins or held.</summary>
internal static class Rendezvous
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The nodes, the one that shall have the name first.</summary>
    public static string[] Order(string name, IEnumerable<string> nodes) =>
    [
        .. nodes.OrderByDescending(node => Score(name, node)).ThenBy(static node => node, StringComparer.Ordinal),
    ];

    private static ulong Score(string name, string node)
    {
        ulong hash = Add(Add(Offset, name), "\0" + node);
        // FNV leaves the last characters in the low bits; the order needs them everywhere: MurmurHash3's finalizer.
        hash = unchecked((hash ^ (hash >> 33)) * 0xff51afd7ed558ccd);
        hash = unchecked((hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53);
        return hash ^ (hash >> 33);
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (byte letter in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ letter) * Prime);
        }

        return hash;
    }
}
