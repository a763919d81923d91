using System.Collections.Concurrent;

namespace Proxy.Cluster.Acme;

/// <summary>How ordering a certificate goes.</summary>
/// <param name="Names">Its host names, "shop.test, www.shop.test".</param>
/// <param name="Issued">Orders that ended with a certificate, since the start of the node.</param>
/// <param name="Failed">Those that did not.</param>
/// <param name="Next">When the next one is due: a renewal, or another try; null while the first is under way.</param>
internal sealed record AcmeOrderState(string Names, long Issued, long Failed, DateTimeOffset? Next);

/// <summary>Counts orders, for metrics. Survives reloads. Thread-safe.</summary>
internal sealed class AcmeLedger
{
    private readonly ConcurrentDictionary<string, AcmeOrderState> _orders = new(StringComparer.Ordinal);

    public IReadOnlyList<AcmeOrderState> Orders =>
        [.. _orders.Values.OrderBy(static one => one.Names, StringComparer.Ordinal)];

    public void Issued(string names) => Change(names, static one => one with { Issued = one.Issued + 1 });

    public void Failed(string names, DateTimeOffset retry) =>
        Change(names, one => one with { Failed = one.Failed + 1, Next = retry });

    public void Planned(string names, DateTimeOffset? next) => Change(names, one => one with { Next = next });

    /// <summary>Forgets what nobody wants any more, and begins with what is new.</summary>
    public void Keep(IReadOnlyCollection<string> names)
    {
        foreach (string gone in _orders.Keys.Except(names))
        {
            _orders.TryRemove(gone, out _);
        }

        foreach (string one in names)
        {
            Change(one, static known => known);
        }
    }

    private void Change(string names, Func<AcmeOrderState, AcmeOrderState> change) =>
        _orders.AddOrUpdate(
            names,
            static (key, make) => make(new AcmeOrderState(key, 0, 0, null)),
            static (_, known, make) => make(known),
            change);
}
