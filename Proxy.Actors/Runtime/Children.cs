namespace Proxy.Actors.Runtime;

/// <summary>Living and still stopping children of one parent, by name. Not thread-safe.</summary>
internal sealed class Children
{
    private readonly Dictionary<string, ICell> _byPath = new(StringComparer.Ordinal);

    public int Count => _byPath.Count;

    public static string PathOf(string parent, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentException($"'{name}' is no name for an actor: it contains a slash.", nameof(name))
            : $"{parent}/{name}";
    }

    public void EnsureFree(string path)
    {
        if (_byPath.ContainsKey(path))
        {
            throw new InvalidOperationException($"{path} exists already.");
        }
    }

    public void Add(ICell child) => _byPath.Add(child.Path, child);

    public void Remove(ICell child)
    {
        if (Contains(child))
        {
            _byPath.Remove(child.Path);
        }
    }

    public bool Contains(IRef child) => _byPath.TryGetValue(child.Path, out var cell) && ReferenceEquals(cell, child);

    public void StopAll(TerminationReason reason)
    {
        foreach (var child in _byPath.Values)
        {
            child.Post(new StopSignal(reason));
        }
    }
}
