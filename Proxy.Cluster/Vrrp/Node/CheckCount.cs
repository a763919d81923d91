namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Results of a check in a row, and what they make of it. The first result counts at once.</summary>
internal sealed class CheckCount(int rise, int fall)
{
    private int _run;

    /// <summary>Null before the first result.</summary>
    public bool? IsGood { get; private set; }

    /// <summary>True when the opinion changed.</summary>
    public bool Add(bool passed)
    {
        if (IsGood == passed)
        {
            _run = 0;
            return false;
        }

        _run++;
        if (IsGood is not null && _run < (passed ? rise : fall))
        {
            return false;
        }

        IsGood = passed;
        _run = 0;
        return true;
    }
}
