using Proxy.Edge.Buffers;
using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>A client's session with nothing around it, connected to a server that the test plays.</summary>
internal sealed class ClientRig : IHttp2SessionHandler
{
    public ClientRig(bool started = true)
    {
        Buffers = new BufferPool(long.MaxValue);
        Session = new Http2Session(Http2Role.Client, new Http2Limits(), new Http2Workspace(), Buffers, this);
        Session.Start(Now);
        if (started)
        {
            Receive(Http2Wire.Frame(Http2Wire.Settings, 0, 0));
            Session.ClearOutput();
        }
    }

    public Http2Session Session { get; }

    public BufferPool Buffers { get; }

    public long Now { get; set; } = 1_000_000;

    public List<ResponseTaker> Streams { get; } = [];

    public string? ConnectionError { get; private set; }

    public Http2Error? GoAway { get; private set; }

    /// <summary>Opens a stream with a request that is complete, unless its head announces a body.</summary>
    public ResponseTaker Ask(string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    {
        var taker = new ResponseTaker();
        taker.Stream = Session.Open(taker);
        Streams.Add(taker);
        Session.SendRequest(taker.Stream, System.Text.Encoding.Latin1.GetBytes(head), https: false);
        return taker;
    }

    public bool Receive(params byte[] bytes) => SessionWire.Give(Session, bytes, Now);

    public List<Http2Frame> Sent() => SessionWire.Take(Session);

    public static byte[] Response(int stream, bool end, params (string Name, string Value)[] fields) => Http2Wire.Frame(
        Http2Wire.Headers, (byte)(Http2Wire.EndHeaders | (end ? Http2Wire.EndStream : 0)), stream,
        Http2Wire.Block(fields));

    public void OnOutput()
    {
    }

    public IHttp2StreamHandler OnStream(Http2Stream stream) => throw new InvalidOperationException("a server's stream");

    public void OnStreamClosed(Http2Stream stream)
    {
    }

    public void OnPeerSettings()
    {
    }

    public void OnGoAway(Http2Error error) => GoAway = error;

    public void OnPong()
    {
    }

    public void OnConnectionError(Http2Error error, string reason) => ConnectionError = $"{error}: {reason}";

    internal sealed class ResponseTaker : IHttp2StreamHandler
    {
        public Http2Stream Stream { get; set; } = null!;

        public List<string> Heads { get; } = [];

        public string Body { get; private set; } = "";

        public string Trailers { get; private set; } = "";

        public bool Ended { get; private set; }

        public Http2Error? Reset { get; private set; }

        public bool Unprocessed { get; private set; }

        public void OnHead(byte[] buffer, int start, int count, bool endStream)
        {
            Heads.Add(System.Text.Encoding.Latin1.GetString(buffer, start, count));
            Ended = endStream;
        }

        public void OnData(byte[] buffer, int start, int count, bool endStream)
        {
            Body += System.Text.Encoding.Latin1.GetString(buffer, start, count);
            Ended |= endStream;
        }

        public void OnTrailers(byte[] buffer, int start, int count)
        {
            Trailers = System.Text.Encoding.Latin1.GetString(buffer, start, count);
            Ended = true;
        }

        public void OnWritable()
        {
        }

        public void OnReset(Http2Error error, bool unprocessed) => (Reset, Unprocessed) = (error, unprocessed);
    }
}
