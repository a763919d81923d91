namespace Proxy.Cluster.Revisions;

/// <summary>The revisions a node knows, a window without gaps that ends with the newest. One thread.</summary>
internal sealed class RevisionHistory
{
    /// <summary>How far back a rollback can go.</summary>
    public const int MaxRevisions = 256;

    private readonly List<ConfigRevision> _known = [];

    public IReadOnlyList<ConfigRevision> Known => _known;

    public ConfigRevision? Head => _known.Count > 0 ? _known[^1] : null;

    /// <summary>0 = there is none.</summary>
    public long Last => Head?.Number ?? 0;

    public ConfigRevision? At(long number)
    {
        long index = _known.Count > 0 ? number - _known[0].Number : -1;
        return index >= 0 && index < _known.Count ? _known[(int)index] : null;
    }

    /// <summary>Takes what continues the window; a beginning further on (what lay between was truncated away) begins a
    /// new one. What is known already is passed over.</summary>
    public void Learn(ConfigRevision revision)
    {
        if (revision.Number <= Last)
        {
            return;
        }

        if (revision.Number != Last + 1)
        {
            _known.Clear();
        }

        _known.Add(revision);
        if (_known.Count > MaxRevisions)
        {
            _known.RemoveAt(0);
        }
    }

    /// <summary>What a node shall run: the newest revision that is for all or for it.</summary>
    public ConfigRevision? TargetOf(string node) =>
        _known.FindLast(revision => !revision.IsStaged || revision.First == node);

    /// <summary>What changed after that revision, oldest first.</summary>
    public IReadOnlyList<string> DiffSince(long number) =>
        [.. _known.Where(revision => revision.Number > number).SelectMany(static revision => revision.Diff)];
}
