using System.Globalization;
using System.Text;

namespace Proxy.Tests.Simulation;

/// <summary>A head as a peer of the proxy reads it.</summary>
internal sealed class SimHead(string[] lines)
{
    private readonly string[][] _fields =
        [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => new[] { pair[0], pair.ElementAtOrDefault(1)?.Trim() ?? "" })];

    public string StartLine => lines[0];

    public string? this[string name] =>
        Array.Find(_fields, field => field[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1];

    public int Count(string name) => _fields.Count(field => field[0].Equals(name, StringComparison.OrdinalIgnoreCase));

    public int Number(string name) =>
        int.TryParse(this[name], CultureInfo.InvariantCulture, out int number) ? number : -1;

    public override string ToString() => string.Join(" | ", lines);
}

/// <summary>Gets what a <see cref="SimMessageReader"/> reads.</summary>
internal interface ISimMessages
{
    /// <summary>Whether the message with this head has no body whatever it says.</summary>
    bool HasNoBody(SimHead head);

    void OnHead(SimHead head);

    void OnBody(ReadOnlySpan<byte> bytes);

    void OnComplete(string[] trailers);
}

/// <summary>Reads HTTP/1.1 messages byte by byte, plainly and strictly, and on purpose without the proxy's own code.
/// Responses without a length last until the end.</summary>
internal sealed class SimMessageReader(ISimMessages messages, bool responses)
{
    private readonly List<byte> _line = [];
    private readonly List<string> _lines = [];
    private State _state = State.Head;
    private long _left;
    private bool _chunked;

    private enum State : byte
    {
        Head,
        Length,
        UntilEnd,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailers,
        Broken,
    }

    /// <summary>What is wrong with the input, if anything.</summary>
    public string? Error { get; private set; }

    /// <summary>Between two messages.</summary>
    public bool IsAtStart => _state == State.Head && _lines.Count == 0 && _line.Count == 0;

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _state != State.Broken)
        {
            if (_state is State.Length or State.ChunkData or State.UntilEnd)
            {
                int taken = _state == State.UntilEnd ? bytes.Length : (int)Math.Min(_left, bytes.Length);
                messages.OnBody(bytes[..taken]);
                bytes = bytes[taken..];
                _left -= taken;
                if (_left == 0 && _state == State.Length)
                {
                    Complete();
                }
                else if (_left == 0 && _state == State.ChunkData)
                {
                    _state = State.ChunkEnd;
                }
            }
            else
            {
                int end = bytes.IndexOf((byte)'\n');
                _line.AddRange(end < 0 ? bytes : bytes[..(end + 1)]);
                bytes = end < 0 ? default : bytes[(end + 1)..];
                if (end >= 0)
                {
                    OnLine();
                }
            }
        }
    }

    /// <summary>The stream ended in an orderly way.</summary>
    public void End()
    {
        if (_state == State.UntilEnd)
        {
            Complete();
        }
    }

    private void OnLine()
    {
        string line = Encoding.Latin1.GetString([.. _line]);
        _line.Clear();
        if (!line.EndsWith("\r\n", StringComparison.Ordinal))
        {
            Break($"a line without CRLF: {line}");
            return;
        }

        line = line[..^2];
        switch (_state)
        {
            case State.Head when line.Length > 0:
            case State.Trailers when line.Length > 0:
                _lines.Add(line);
                break;
            case State.Head:
                OnHead();
                break;
            case State.Trailers:
                Complete();
                break;
            case State.ChunkEnd:
                _state = State.ChunkSize;
                if (line.Length > 0)
                {
                    Break($"behind a chunk: {line}");
                }

                break;
            default:
                OnChunkSize(line);
                break;
        }
    }

    private void OnChunkSize(string line)
    {
        if (!int.TryParse(
            line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int size))
        {
            Break($"no chunk size: {line}");
            return;
        }

        _left = size;
        _state = size == 0 ? State.Trailers : State.ChunkData;
    }

    private void OnHead()
    {
        if (_lines.Count == 0)
        {
            Break("an empty head");
            return;
        }

        var head = new SimHead([.. _lines]);
        _lines.Clear();
        bool none = messages.HasNoBody(head);
        _chunked = head["Transfer-Encoding"] == "chunked";
        _left = head.Number("Content-Length");
        messages.OnHead(head);
        if (head.Count("Content-Length") > 1 || (_chunked && head["Content-Length"] is not null))
        {
            Break($"two framings: {head}");
        }
        else if (none || (!_chunked && _left == 0) || (!responses && !_chunked && _left < 0))
        {
            Complete();
        }
        else
        {
            _state = _chunked ? State.ChunkSize : _left > 0 ? State.Length : State.UntilEnd;
        }
    }

    private void Complete()
    {
        string[] trailers = [.. _lines];
        _lines.Clear();
        _state = State.Head;
        messages.OnComplete(trailers);
    }

    private void Break(string error)
    {
        Error = error;
        _state = State.Broken;
    }
}
