using System.Buffers.Binary;
using System.Text;
using Proxy.Edge.Http2.Hpack;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Simulation;

/// <summary>Gets what an HTTP/2 server sends. Streams are told by number.</summary>
internal interface ISimHttp2Messages
{
    void OnHead(int stream, SimHead head, bool end);

    void OnData(int stream, ReadOnlySpan<byte> bytes, bool end);

    void OnReset(int stream, int error);

    void OnGoAway(int lastStream, int error);

    /// <summary>More may be sent, or the limits have changed.</summary>
    void OnWindow();
}

/// <summary>The client's end of a simulated HTTP/2 connection: frames in and out, windows of both directions, and that
/// the server keeps to ours. Only header blocks are decoded with the proxy's own code.</summary>
internal sealed class SimHttp2Wire(SimPeer peer, ISimHttp2Messages messages) : IFieldSink
{
    private readonly List<byte> _input = [];
    private readonly List<byte> _block = [];
    private readonly List<string> _lines = [];
    private readonly Dictionary<int, SimHttp2Windows> _streams = [];
    private readonly byte[] _scratch = new byte[2 * HpackDecoder.MaxString];
    private HpackDecoder _decoder = new(4096);
    private int _ownWindow;
    private int _serverWindow = 65535;
    private byte _blockFlags;

    /// <summary>What is wrong with the input, if anything.</summary>
    public string? Error { get; private set; }

    /// <summary>Of the connection.</summary>
    public SimHttp2Windows Connection { get; } = new() { Send = 65535, Receive = 65535 };

    public SimHttp2Windows Stream(int id) => _streams[id];

    public void Start(int initialWindow)
    {
        byte[] window = Http2Wire.Setting(4, initialWindow);
        peer.Send([.. Http2Wire.Preface, .. Http2Wire.Frame(Http2Wire.Settings, 0, 0, window)]);
        _ownWindow = initialWindow;
    }

    // The server knows our SETTINGS before any stream, for they go before.
    public void Open(int id) =>
        _streams[id] = new SimHttp2Windows { Send = _serverWindow, Receive = _ownWindow };

    public void Credit(int id, int count)
    {
        (id == 0 ? Connection : _streams[id]).Receive += count;
        peer.Send(Http2Wire.Frame(Http2Wire.WindowUpdate, 0, id, Http2Wire.Number(count)));
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _input.AddRange(bytes);
        List<Http2Frame> frames = Http2Wire.Read(_input.ToArray(), out int used);
        _input.RemoveRange(0, used);
        foreach (Http2Frame frame in frames)
        {
            if (Error is null)
            {
                OnFrame(frame);
            }
        }
    }

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        _lines.Add(Encoding.Latin1.GetString(name) + ": " + Encoding.Latin1.GetString(value));

    private void OnFrame(Http2Frame frame)
    {
        bool end = (frame.Flags & Http2Wire.EndStream) != 0;
        Check(
            _blockFlags == 0 || frame.Type == Http2Wire.Continuation, $"{frame} in the middle of a header block");
        switch (frame.Type)
        {
            case Http2Wire.Data:
                OnData(frame, end);
                break;
            case Http2Wire.Headers or Http2Wire.Continuation:
                OnBlock(frame);
                break;
            case Http2Wire.Settings:
                OnSettings(frame);
                break;
            case Http2Wire.WindowUpdate:
                OnCredit(frame.Stream, BinaryPrimitives.ReadInt32BigEndian(frame.Payload));
                break;
            case Http2Wire.Ping when frame.Flags == 0:
                peer.Send(Http2Wire.Frame(Http2Wire.Ping, 1, 0, frame.Payload));
                break;
            case Http2Wire.Rst:
                messages.OnReset(frame.Stream, frame.Error);
                break;
            case Http2Wire.GoAway:
                messages.OnGoAway(BinaryPrimitives.ReadInt32BigEndian(frame.Payload), frame.Error);
                break;
            default:
                Check(frame.Type == Http2Wire.Ping, $"{frame} is nothing that a server sends");
                break;
        }
    }

    private void OnData(Http2Frame frame, bool end)
    {
        SimHttp2Windows stream = _streams[frame.Stream];
        stream.Receive -= frame.Payload.Length;
        Connection.Receive -= frame.Payload.Length;
        Check(
            frame.Payload.Length == 0 || (stream.Receive >= 0 && Connection.Receive >= 0),
            $"{frame} is more than the windows allow: {stream.Receive}, {Connection.Receive}");
        messages.OnData(frame.Stream, frame.Payload, end);
    }

    private void OnBlock(Http2Frame frame)
    {
        _blockFlags |= (byte)(frame.Flags | 0x80);
        _block.AddRange(frame.Payload);
        if ((frame.Flags & Http2Wire.EndHeaders) == 0)
        {
            return;
        }

        bool end = (_blockFlags & Http2Wire.EndStream) != 0;
        Check(_decoder.Decode(_block.ToArray(), _scratch, this), $"{frame} cannot be decoded");
        string[] lines = [.. _lines];
        _blockFlags = 0;
        _block.Clear();
        _lines.Clear();

        // As a reader of HTTP/1.1 would see it; trailers have no status.
        bool hasStatus = lines is [{ } first, ..] && first.StartsWith(":status: ", StringComparison.Ordinal);
        messages.OnHead(
            frame.Stream, new SimHead(hasStatus ? ["HTTP/2.0 " + lines[0][9..], .. lines[1..]] : ["", .. lines]), end);
    }

    private void OnSettings(Http2Frame frame)
    {
        if (frame.Flags != 0)
        {
            return;
        }

        for (int at = 0; at < frame.Payload.Length; at += 6)
        {
            int value = BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(at + 2));
            if (BinaryPrimitives.ReadInt16BigEndian(frame.Payload.AsSpan(at)) == 4)
            {
                foreach (SimHttp2Windows stream in _streams.Values)
                {
                    stream.Send += value - _serverWindow;
                }

                _serverWindow = value;
            }
        }

        peer.Send(Http2Wire.Frame(Http2Wire.Settings, 1, 0));
        messages.OnWindow();
    }

    private void OnCredit(int id, int count)
    {
        (id == 0 ? Connection : _streams[id]).Send += count;
        messages.OnWindow();
    }

    private void Check(bool holds, string otherwise) => Error ??= holds ? null : otherwise;
}

/// <summary>Bytes that may be sent, in either direction.</summary>
internal sealed class SimHttp2Windows
{
    public int Send { get; set; }

    public int Receive { get; set; }
}
