using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Blobs;

/// <summary>A few larger things that all nodes hold, by name: ticket keys, answers to challenges, certificates. The
/// newest of each stays; a removal is remembered until it expires. In memory only: what must survive the whole cluster
/// is also kept elsewhere. Safe on every thread.</summary>
internal sealed class BlobReplica(NodeTag node, HybridClock clock, WriteSignal signal)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Blob> _blobs = new(StringComparer.Ordinal);
    private readonly List<string> _unsent = [];
    private (string Prefix, Action<string, byte[]?> Changed)[] _watchers = [];

    /// <summary>Something was written here that peers have not been told.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (_lock)
            {
                return _unsent.Count > 0;
            }
        }
    }

    /// <summary>Tells what peers change from now on under that prefix, null for a removal; begins with what is there.
    /// Calls come one at a time, outside of locks, and must not wait.</summary>
    public void Watch(string prefix, Action<string, byte[]?> changed)
    {
        List<(string Name, byte[]? Content)> present;
        lock (_lock)
        {
            _watchers = [.. _watchers, (prefix, changed)];
            present = [.. _blobs.Values
                .Where(
                    blob => blob.Content is not null && blob.Version.Name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(static blob => (blob.Version.Name, blob.Content))];
        }

        present.ForEach(blob => changed(blob.Name, blob.Content));
    }

    public byte[]? Read(string name, long wall) => Find(name, wall)?.Content;

    /// <summary>When it was written, milliseconds since 1970.</summary>
    public long? WrittenAt(string name, long wall) =>
        Find(name, wall) is { Content: not null } blob ? blob.Version.Stamp.Milliseconds : null;

    /// <summary>Writes here and on every peer; null removes. False when it is too large, there are too many, or a peer
    /// wrote the name a moment later.</summary>
    /// <param name="wall">Milliseconds since 1970.</param>
    public bool Write(string name, byte[]? content, TimeSpan lifetime, long wall)
    {
        if (content?.Length > PeerWire.MaxBlobBytes || name.Length is 0 or > PeerWire.MaxTextBytes / 4)
        {
            return false;
        }

        var version = new BlobVersion(name, clock.Next(wall), node, wall + (long)lifetime.TotalMilliseconds);
        lock (_lock)
        {
            if (!TryPut(version, content, wall))
            {
                return false;
            }

            _unsent.Add(name);
        }

        signal.Written();
        return true;
    }

    /// <summary>Takes over what a peer has; false when it is old, expired, or there is no room.</summary>
    /// <param name="wall">Milliseconds since 1970.</param>
    internal bool Apply(BlobVersion version, byte[]? content, long wall)
    {
        if (version.Expiry <= wall || !clock.TryObserve(version.Stamp, wall))
        {
            return false;
        }

        lock (_lock)
        {
            return TryPut(version, content, wall);
        }
    }

    /// <summary>Calls the watchers of a name that a peer changed. One caller at a time, without locks.</summary>
    internal void Notify(string name, long wall)
    {
        (string Prefix, Action<string, byte[]?> Changed)[] watchers;
        byte[]? content;
        lock (_lock)
        {
            watchers = _watchers;
            content = _blobs.TryGetValue(name, out Blob? blob) && blob.Version.Expiry > wall ? blob.Content : null;
        }

        foreach ((string prefix, Action<string, byte[]?> changed) in watchers)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                changed(name, content);
            }
        }
    }

    internal List<FrameBuffer> TakeUnsent()
    {
        lock (_lock)
        {
            List<FrameBuffer> frames = [.. _unsent.Distinct()
                .Where(_blobs.ContainsKey)
                .Select(name => BlobFrames.Encode(_blobs[name].Version, _blobs[name].Content))];
            _unsent.Clear();
            return frames;
        }
    }

    internal FrameBuffer Index()
    {
        lock (_lock)
        {
            return BlobFrames.EncodeIndex([.. _blobs.Values.Select(static blob => blob.Version)]);
        }
    }

    /// <summary>What somebody with that index does not have.</summary>
    internal List<FrameBuffer> NewerThan(BlobVersion[] index)
    {
        Dictionary<string, BlobVersion> theirs = new(StringComparer.Ordinal);
        foreach (BlobVersion version in index)
        {
            theirs[version.Name] = version;
        }

        lock (_lock)
        {
            return [.. _blobs.Values
                .Where(blob => !theirs.TryGetValue(blob.Version.Name, out BlobVersion their)
                    || blob.Version.IsNewerThan(their))
                .Select(static blob => BlobFrames.Encode(blob.Version, blob.Content))];
        }
    }

    internal void Sweep(long wall)
    {
        lock (_lock)
        {
            foreach (string name in _blobs.Values.Where(blob => blob.Version.Expiry <= wall)
                .Select(static blob => blob.Version.Name).ToList())
            {
                _blobs.Remove(name);
            }
        }
    }

    private Blob? Find(string name, long wall)
    {
        lock (_lock)
        {
            return _blobs.TryGetValue(name, out Blob? blob) && blob.Version.Expiry > wall ? blob : null;
        }
    }

    private bool TryPut(BlobVersion version, byte[]? content, long wall)
    {
        if (_blobs.TryGetValue(version.Name, out Blob? old))
        {
            if (!version.IsNewerThan(old.Version))
            {
                return false;
            }
        }
        else if (_blobs.Count >= PeerWire.MaxBlobs)
        {
            string? expired = _blobs.Values.FirstOrDefault(blob => blob.Version.Expiry <= wall)?.Version.Name;
            if (expired is null)
            {
                return false;
            }

            _blobs.Remove(expired);
        }

        _blobs[version.Name] = new Blob(version, content);
        return true;
    }

    private sealed record Blob(BlobVersion Version, byte[]? Content);
}
