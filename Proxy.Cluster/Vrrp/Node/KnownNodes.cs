namespace Proxy.Cluster.Vrrp.Node;

/// <summary>The nodes to place virtual routers on when no list is configured: the cluster's members, and those that
/// were members not long ago. A node that dies or is replaced keeps its place, or everybody's addresses would move with
/// its own. Kept in a file, so that a node that comes back reckons with the same nodes as the others.</summary>
internal sealed class KnownNodes
{
    private readonly string _file;
    private readonly SortedDictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);

    /// <param name="file">One name in each line; need not be there.</param>
    /// <param name="now">Nodes in the file count as seen now.</param>
    public KnownNodes(string file, DateTimeOffset now)
    {
        _file = file;
        try
        {
            foreach (string name in File.ReadAllLines(file).Where(static line => line.Length > 0))
            {
                _seen[name] = now;
            }
        }
        catch (IOException)
        {
            // The first start, or a file that cannot be read: the members will tell.
        }
    }

    /// <summary>In order, whoever told of them.</summary>
    public IReadOnlyList<string> Names => [.. _seen.Keys];

    /// <summary>True when the list is another one now.</summary>
    /// <param name="members">Those there are; empty while nobody can tell.</param>
    /// <param name="now">Of the wall clock.</param>
    /// <param name="forgetAfter">How long a node that is gone keeps its place.</param>
    public bool Look(IReadOnlyList<string> members, DateTimeOffset now, TimeSpan forgetAfter)
    {
        bool isOther = false;
        foreach (string name in members)
        {
            isOther |= !_seen.ContainsKey(name);
            _seen[name] = now;
        }

        // While the engine is away nobody is seen, and nobody has gone.
        string[] gone = members.Count == 0 ? []
            : [.. _seen.Where(each => now - each.Value > forgetAfter).Select(static each => each.Key)];
        foreach (string name in gone)
        {
            _seen.Remove(name);
        }

        if (isOther || gone.Length > 0)
        {
            Write();
            return true;
        }

        return false;
    }

    private void Write()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!); // an absolute path of a file has a folder
            File.WriteAllLines($"{_file}.new", _seen.Keys);
            File.Move($"{_file}.new", _file, overwrite: true);
        }
        catch (IOException)
        {
            // Then a restart knows only those that are there.
        }
    }
}
