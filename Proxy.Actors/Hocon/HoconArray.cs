namespace Proxy.Actors.Hocon;

public sealed class HoconArray : HoconValue
{
    public HoconArray(IReadOnlyList<HoconValue> items, HoconOrigin origin)
        : base(HoconKind.Array, origin)
    {
        Items = items;
        var depth = 0;
        var weight = 1L;
        foreach (var item in items)
        {
            depth = Math.Max(depth, item.Depth);
            weight = AddWeights(weight, item.Weight);
        }

        Depth = depth + 1;
        Weight = weight;
    }

    public IReadOnlyList<HoconValue> Items { get; }

    internal override int Depth { get; }

    internal override long Weight { get; }

    public override bool SameAs(HoconValue other)
    {
        if (other is not HoconArray array || array.Items.Count != Items.Count)
        {
            return false;
        }

        for (var i = 0; i < Items.Count; i++)
        {
            if (!Items[i].SameAs(array.Items[i]))
            {
                return false;
            }
        }

        return true;
    }
}
