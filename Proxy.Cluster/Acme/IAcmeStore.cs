namespace Proxy.Cluster.Acme;

/// <summary>Where account keys and certificates survive a restart. A cluster shares one, so that an account is opened
/// once and every node can show what one of them ordered. May block; any thread.</summary>
internal interface IAcmeStore
{
    /// <summary>Null when there is nothing under this name.</summary>
    /// <exception cref="AcmeStoreException">There is something, but it cannot be read or trusted.</exception>
    byte[]? Read(string name);

    /// <summary>Replaces the whole; afterwards it survives a crash.</summary>
    /// <exception cref="AcmeStoreException">It could not be written; what was there stays.</exception>
    void Write(string name, byte[] content);
}

/// <summary>The store cannot do what it was asked for; the message says why, without secrets.</summary>
internal sealed class AcmeStoreException(string message) : Exception(message);
