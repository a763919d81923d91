namespace Proxy.Cluster.Membership;

/// <summary>What a node remembers of itself over restarts, in a small file of its state directory: a random mark that
/// tells it from another node of the same name, and the cluster that it belongs to.</summary>
internal sealed class NodeHome
{
    public const string FileName = "node.json";

    private readonly string _file;

    private readonly string _place;

    private NodeHome(string file, string mark, string place) => (_file, Mark, _place) = (file, mark, place);

    /// <summary>Empty when it cannot be kept.</summary>
    public string Mark { get; private set; }

    /// <summary>Empty before this node first was in a cluster.</summary>
    public string ClusterId { get; private set; } = "";

    /// <summary>Why it cannot be read or kept; the node runs without.</summary>
    public string? Problem { get; private set; }

    /// <param name="mark">For a node that has none yet.</param>
    /// <param name="place">Kind of engine and name of the cluster: a node that was alone before, or is given to a
    /// cluster of another name, has no id to insist on.</param>
    public static NodeHome Open(string folder, string mark, string place)
    {
        var home = new NodeHome(Path.Combine(folder, FileName), mark, place);
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(home._file))
            {
                home.Read(File.ReadAllBytes(home._file));
            }
            else
            {
                home.Write();
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            (home.Mark, home.Problem) = ("", problem.Message);
        }

        return home;
    }

    public void Remember(string clusterId)
    {
        ClusterId = clusterId;
        try
        {
            Write();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Problem = problem.Message;
        }
    }

    private void Read(byte[] content)
    {
        string[]? values = ClusterJson.Read<string[]>(
            content, static json => [json.Text("mark"), json.Text("cluster"), json.Text("place")]);
        if (values is not [{ Length: > 0 } mark, { } cluster, { } place])
        {
            Problem = $"{_file} is damaged; remove it";
            Mark = "";
            return;
        }

        (Mark, ClusterId) = (mark, place == _place ? cluster : "");
    }

    private void Write()
    {
        byte[] content = ClusterJson.Write(json =>
        {
            json.WriteString("mark", Mark);
            json.WriteString("cluster", ClusterId);
            json.WriteString("place", _place);
        });

        // Written beside and renamed: a crash leaves the old file or the new one.
        string fresh = _file + ".new";
        File.WriteAllBytes(fresh, content);
        File.Move(fresh, _file, overwrite: true);
    }
}
