using System.Text;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>Sets and removes query parameters; those not named keep their bytes and order. Immutable.</summary>
internal sealed class QueryEdits
{
    private readonly byte[][] _removed;
    private readonly byte[] _added;

    public QueryEdits(IReadOnlyList<KeyValuePair<string, string>> set, IReadOnlyList<string> remove)
    {
        _removed = [.. remove.Concat(set.Select(s => s.Key)).Select(Encoding.UTF8.GetBytes)];
        byte[] buffer = new byte[set.Sum(s => Encoding.UTF8.GetByteCount(s.Key + s.Value) + 2) * 3];
        var writer = new ByteWriter(buffer);
        foreach ((string name, string value) in set)
        {
            AddSeparator(ref writer, start: 0);
            UriText.AddPlainQueryValue(ref writer, Encoding.UTF8.GetBytes(name));
            writer.Add((byte)'=');
            UriText.AddPlainQueryValue(ref writer, Encoding.UTF8.GetBytes(value));
        }

        _added = writer.Written.ToArray();
    }

    /// <summary>Appends the edited query, without '?', to what <paramref name="writer"/> holds since
    /// <paramref name="start"/>.</summary>
    public void Write(ref ByteWriter writer, ReadOnlySpan<byte> query, int start)
    {
        while (QueryFields.TryNextPair(ref query, out ReadOnlySpan<byte> pair))
        {
            if (!IsRemoved(QueryFields.NameOf(pair)))
            {
                AddSeparator(ref writer, start);
                UriText.Add(ref writer, pair, UriPart.Query);
            }
        }

        if (_added.Length != 0)
        {
            AddSeparator(ref writer, start);
            writer.Add(_added);
        }
    }

    private static void AddSeparator(ref ByteWriter writer, int start)
    {
        if (writer.Length > start)
        {
            writer.Add((byte)'&');
        }
    }

    private bool IsRemoved(ReadOnlySpan<byte> name)
    {
        foreach (byte[] removed in _removed)
        {
            if (QueryFields.DecodesTo(name, removed))
            {
                return true;
            }
        }

        return false;
    }
}
