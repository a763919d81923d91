namespace Proxy.Actors.Hocon.Syntax;

/// <summary>The text of one file, and the way from an offset to a line and column.</summary>
internal sealed class HoconText
{
    private readonly List<int> _lineStarts = [0];

    public HoconText(string text, string file)
    {
        Text = text;
        File = file;
        for (var at = text.IndexOf('\n'); at >= 0; at = text.IndexOf('\n', at + 1))
        {
            _lineStarts.Add(at + 1);
        }
    }

    public string Text { get; }

    public string File { get; }

    public HoconOrigin At(int offset)
    {
        var found = _lineStarts.BinarySearch(offset);
        var line = found >= 0 ? found : ~found - 1;
        return new HoconOrigin(File, line + 1, offset - _lineStarts[line] + 1);
    }

    /// <summary>
    /// The offset of the first surrogate without its partner, or -1: such text cannot be written as UTF-8 again.
    /// </summary>
    public int FirstUnpairedSurrogate()
    {
        var text = Text;
        for (var at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                return at;
            }

            at++;
        }

        return -1;
    }
}
