using System.Text;
using Proxy.Edge.Buffers;
using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>A session with nothing around it: bytes in, calls noted, frames out.</summary>
internal sealed class SessionRig : IHttp2SessionHandler
{
    private readonly Http2Limits _limits;

    /// <param name="workspace">For those who make many rigs: what sessions share is large.</param>
    public SessionRig(Http2Limits? limits = null, bool started = true, Http2Workspace? workspace = null)
    {
        _limits = limits ?? new Http2Limits();
        Buffers = new BufferPool(long.MaxValue);
        Session = new Http2Session(Http2Role.Server, _limits, workspace ?? new Http2Workspace(), Buffers, this);
        Session.Start(Now);
        if (started)
        {
            Receive(Http2Wire.Start);
            Sent();
        }
    }

    public Http2Session Session { get; }

    public BufferPool Buffers { get; }

    public long Now { get; set; } = 1_000_000;

    public List<Taker> Streams { get; } = [];

    public string? ConnectionError { get; private set; }

    public bool Receive(params byte[] bytes) => SessionWire.Give(Session, bytes, Now);

    /// <summary>Takes the output as frames.</summary>
    public List<Http2Frame> Sent() => SessionWire.Take(Session);

    public void OnOutput()
    {
    }

    public IHttp2StreamHandler OnStream(Http2Stream stream)
    {
        var taker = new Taker(stream);
        Streams.Add(taker);
        return taker;
    }

    public void OnStreamClosed(Http2Stream stream)
    {
    }

    public void OnPeerSettings()
    {
    }

    public void OnGoAway(Http2Error error)
    {
    }

    public void OnPong()
    {
    }

    public void OnConnectionError(Http2Error error, string reason) => ConnectionError = $"{error}: {reason}";

    internal sealed class Taker(Http2Stream stream) : IHttp2StreamHandler
    {
        public Http2Stream Stream { get; } = stream;

        public string Head { get; private set; } = "";

        public string Body { get; private set; } = "";

        public string Trailers { get; private set; } = "";

        public bool Ended { get; private set; }

        public Http2Error? Reset { get; private set; }

        public int Writable { get; private set; }

        public void OnHead(byte[] buffer, int start, int count, bool endStream)
        {
            Head = Encoding.Latin1.GetString(buffer, start, count);
            Ended = endStream;
        }

        public void OnData(byte[] buffer, int start, int count, bool endStream)
        {
            Body += Encoding.Latin1.GetString(buffer, start, count);
            Ended |= endStream;
        }

        public void OnTrailers(byte[] buffer, int start, int count)
        {
            Trailers = Encoding.Latin1.GetString(buffer, start, count);
            Ended = true;
        }

        public void OnWritable() => Writable++;

        public void OnReset(Http2Error error, bool unprocessed) => Reset = error;
    }
}
