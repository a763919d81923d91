using Proxy.Edge.Engine;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>What the exchanges of one loop share. Loop thread only.</summary>
public sealed class LoopServices
{
    /// <summary>Normalising may need as many bytes for each of a path.</summary>
    private const int PathGrowth = 6;

    /// <summary>Longer paths need a limit that was raised: it is 8 KB by default.</summary>
    private const int UsualPath = 64 * 1024;

    private readonly Stack<Exchange> _exchanges = new();
    private readonly byte[] _dateLine = new byte[64];
    private long _serial;
    private long _dateSecond = -1;
    private int _dateLength;
    private TlsLoop? _tls;
    private Http2Workspace? _http2;

    public required IEventLoop Loop { get; init; }

    public required LoopTelemetry Telemetry { get; init; }

    public required IObservationSink Observations { get; init; }

    public required ISlotQueue Slots { get; init; }

    public required RequestIdSource RequestIds { get; init; }

    /// <summary>Pseudonym of this node in Proxy-Status.</summary>
    public required byte[] NodeName { get; init; }

    /// <summary>Shared with all loops.</summary>
    public HttpChallenges Challenges { get; init; } = new();

    /// <summary>Since 1970: what nodes share is dated by the wall clock.</summary>
    public long UnixMilliseconds => Loop.UnixMicroseconds / 1000;

    public HeadWorkspace Workspace { get; } = new();

    /// <summary>Where paths are normalised; valid until the next request of the loop.</summary>
    public byte[] PathScratch { get; private set; } = new byte[PathGrowth * UsualPath];

    /// <summary>Where added field lines are composed; valid until the next message of the loop.</summary>
    public byte[] LineScratch { get; } = new byte[32 * 1024];

    /// <summary>What TLS channels of this loop share; made with the first of them.</summary>
    public TlsLoop Tls => _tls ??= new TlsLoop(Loop);

    /// <summary>What HTTP/2 sessions of this loop share; made with the first of them.</summary>
    public Http2Workspace Http2 => _http2 ??= new Http2Workspace();

    /// <summary>Streams of HTTP/2 clients that are not in use.</summary>
    public Stack<IClientStream> FreeStreams { get; } = new();

    /// <summary>Handshakes with clients that are under way.</summary>
    public int Handshakes { get; set; }

    /// <summary>The node is leaving: connections end with the answer in hand.</summary>
    public bool IsDraining { get; set; }

    /// <summary>A number for a client connection, unique in the process: loop in the upper half, count in the
    /// lower.</summary>
    public long NextSerial() => ((long)Loop.Index << 48) | ++_serial;

    /// <summary>The same, large enough for a path of so many bytes. Once it had to grow it stays so.</summary>
    public byte[] PathScratchFor(int length)
    {
        if (length > PathScratch.Length / PathGrowth)
        {
            PathScratch = new byte[PathGrowth * Math.Max(length, Http1Limits.MostHeadBytes)];
        }

        return PathScratch;
    }

    public Exchange RentExchange() => _exchanges.TryPop(out Exchange? exchange) ? exchange : new Exchange(this);

    public void ReturnExchange(Exchange exchange) => _exchanges.Push(exchange);

    /// <summary>"Date: …" with CRLF, made once a second (RFC 9110 §6.6.1: a message that came without one gets
    /// one).</summary>
    public ReadOnlySpan<byte> DateLine()
    {
        long second = Loop.UnixMicroseconds / 1_000_000;
        if (second != _dateSecond)
        {
            _dateSecond = second;
            "Date: "u8.CopyTo(_dateLine);
            DateTime time = DateTime.UnixEpoch.AddSeconds(second);
            time.TryFormat(_dateLine.AsSpan(6), out int written, "r");
            "\r\n"u8.CopyTo(_dateLine.AsSpan(6 + written));
            _dateLength = 6 + written + 2;
        }

        return _dateLine.AsSpan(0, _dateLength);
    }
}
