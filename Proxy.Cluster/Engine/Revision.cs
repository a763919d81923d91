using System.Globalization;

namespace Proxy.Cluster.Engine;

/// <summary>A place in the one sequence of all writes of the cluster. The revision that created the key of an
/// ownership is its fencing token: a later owner always has a higher one.</summary>
internal readonly record struct Revision(long Value) : IComparable<Revision>
{
    public Revision Next => new(Value + 1);

    public static bool operator <(Revision left, Revision right) => left.Value < right.Value;

    public static bool operator >(Revision left, Revision right) => left.Value > right.Value;

    public static bool operator <=(Revision left, Revision right) => left.Value <= right.Value;

    public static bool operator >=(Revision left, Revision right) => left.Value >= right.Value;

    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
