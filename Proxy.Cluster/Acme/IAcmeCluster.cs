namespace Proxy.Cluster.Acme;

/// <summary>Port to the other nodes, for ordering certificates: one node orders, all of them answer the authority's
/// questions, because it may ask any, and all show the certificate. May be called from any thread; must not wait.
/// </summary>
internal interface IAcmeCluster
{
    /// <summary>Ordering is this node's turn. Two nodes that both think so cost an order too many, nothing else.
    /// </summary>
    bool IsOrderer { get; }

    void Shown(ChallengeAnswer challenge);

    void Hidden(ChallengeAnswer challenge);

    /// <summary>This node has a certificate that the others should have.</summary>
    /// <param name="name">As in the store.</param>
    void Issued(string name, byte[] certificate);

    /// <summary>The latest that any node issued; null when there is none.</summary>
    byte[]? Find(string name);
}

/// <summary>A node without others.</summary>
internal sealed class AcmeAlone : IAcmeCluster
{
    public bool IsOrderer => true;

    public void Shown(ChallengeAnswer challenge)
    {
        // Nobody to tell.
    }

    public void Hidden(ChallengeAnswer challenge)
    {
        // Nobody to tell.
    }

    public void Issued(string name, byte[] certificate)
    {
        // Nobody to tell.
    }

    public byte[]? Find(string name) => null;
}
