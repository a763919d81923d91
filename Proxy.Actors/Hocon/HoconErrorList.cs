namespace Proxy.Actors.Hocon;

/// <summary>Collects errors up to a bound; after that the work is told to stop.</summary>
internal sealed class HoconErrorList(int max)
{
    private readonly List<HoconError> _errors = [];

    public int Count => _errors.Count;

    /// <summary>Enough errors were reported, or going on makes no sense.</summary>
    public bool Stopped { get; private set; }

    public IReadOnlyList<HoconError> ToList() => _errors.ToArray();

    public void Add(HoconOrigin origin, string message)
    {
        if (Stopped)
        {
            return;
        }

        _errors.Add(new HoconError(origin, message));
        Stopped = _errors.Count >= max;
    }

    /// <summary>Reports the error that ends the work: a limit was reached.</summary>
    public void AddLast(HoconOrigin origin, string message)
    {
        Add(origin, message);
        Stopped = true;
    }
}
