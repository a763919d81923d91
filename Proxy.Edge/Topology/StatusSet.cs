namespace Proxy.Edge.Topology;

/// <summary>A set of status codes 100 to 599, written as "200-399" or "500,502-504". Equality is that of the
/// text.</summary>
public sealed class StatusSet : IEquatable<StatusSet>
{
    private readonly bool[] _has = new bool[600];

    private StatusSet(string text) => Text = text;

    /// <summary>As configured.</summary>
    public string Text { get; }

    public bool Contains(int status) => (uint)status < 600 && _has[status];

    public bool Equals(StatusSet? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as StatusSet);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    public static bool TryParse(string text, out StatusSet set)
    {
        set = new StatusSet(text);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int dash = part.IndexOf('-');
            string low = dash < 0 ? part : part[..dash];
            string high = dash < 0 ? part : part[(dash + 1)..];
            if (!int.TryParse(low, out int from) || !int.TryParse(high, out int to)
                || from < 100 || to > 599 || from > to)
            {
                return false;
            }

            Array.Fill(set._has, true, from, to - from + 1);
        }

        return true;
    }
}
