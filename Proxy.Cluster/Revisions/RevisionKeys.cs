namespace Proxy.Cluster.Revisions;

/// <summary>Where a cluster's revisions are in the engine.</summary>
/// <param name="Cluster">Its name: clusters may share an engine.</param>
internal sealed record RevisionKeys(string Cluster)
{
    /// <summary>Everything.</summary>
    public string All => $"{Cluster}/revisions/";

    /// <summary>The commits.</summary>
    public string Journal => $"{Cluster}/revisions/journal/";

    /// <summary>Of a journal that is not in the engine: the newest number, for those who watch.</summary>
    public string Newest => $"{Cluster}/revisions/newest";

    /// <summary>What nodes say about them.</summary>
    public string Acks => $"{Cluster}/revisions/acks/";

    public string Ack(string node) => Acks + Uri.EscapeDataString(node);

    /// <summary>The node whose word that key is; null when it is something else.</summary>
    public string? NodeOf(string key) =>
        key.StartsWith(Acks, StringComparison.Ordinal) ? Uri.UnescapeDataString(key[Acks.Length..]) : null;
}
