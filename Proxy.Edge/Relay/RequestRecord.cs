using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>What an exchange notes on its way, written down once at its end (step 12).</summary>
internal sealed class RequestRecord
{
    private readonly byte[] _requestId = new byte[Rewriting.RequestId.TextLength];
    private Piece _method;
    private Piece _target;
    private Piece _host;
    private Piece _referer;
    private Piece _userAgent;
    private bool _http10;
    private long _started;
    private long _firstByte;
    private long _connect;
    private long _queued;
    private int _status;
    private LoopMember? _member;

    public ClientAddress Client { get; set; }

    public ProxyFault Fault { get; set; }

    public ExchangePhase Phase { get; set; }

    public long BodyBytes { get; set; }

    public int HeadBytes { get; private set; }

    public RequestId RequestId { get; private set; }

    /// <summary>The id as text; formatted only when something shows it.</summary>
    public byte[] RequestIdText
    {
        get
        {
            RequestId.Format(_requestId);
            return _requestId;
        }
    }

    public void Begin(RequestHead head, bool logs, long now, RequestId id)
    {
        _started = now;
        RequestId = id;
        _firstByte = _connect = _queued = -1;
        _status = 0;
        _member = null;
        Fault = ProxyFault.None;
        Phase = ExchangePhase.Parse;
        BodyBytes = 0;
        HeadBytes = head.Length;
        if (!logs)
        {
            return;
        }

        _http10 = head.IsHttp10;
        _method = new Piece(0, head.MethodLength);
        _target = new Piece(head.TargetStart - head.Start, head.TargetLength);
        _host = new Piece(head.AuthorityStart - head.Start, head.AuthorityLength);
        _referer = Find(head, HeaderId.Referer);
        _userAgent = Find(head, HeaderId.UserAgent);
    }

    public void OnAttempt(LoopMember member) => _member = member;

    public void OnConnected(long elapsed) => _connect = elapsed;

    /// <summary>The exchange stood in a queue.</summary>
    public void OnQueued(long elapsed) => _queued = elapsed;

    public void OnResponse(int status, long now)
    {
        _status = status;
        _firstByte = now - _started;
        if (Fault == ProxyFault.None)
        {
            Phase = ExchangePhase.RelayAnswer;
        }
    }

    public void Write(
        LoopServices services, IClientStream client, ListenerProgram listener, RouteProgram? route, LoopPool? pool,
        KeptRequest kept, int attempts, long requestBytes)
    {
        long total = services.Loop.Now - _started;
        services.Telemetry.CountExchange(
            listener.Metrics, listener.Index, route?.Plan.Index ?? -1,
            _status, HeadBytes + requestBytes, BodyBytes, total, Fault);
        if (route is not null && listener.Metrics.PoolOfRoute(route.Plan.Index) is { } counters && attempts > 0)
        {
            counters.Requests++;
            counters.Queued += _queued >= 0 ? 1 : 0;
            counters.Retries += attempts - 1;
            counters.Failures += Fault.Side() is FaultSide.Origin ? 1 : 0;
            if (_firstByte >= 0)
            {
                counters.FirstByte.Record(_firstByte);
            }
        }

        if (listener.AccessLog is not { } log)
        {
            return;
        }

        ReadOnlySpan<byte> head = kept.Head;
        log.Append(new AccessRecord
        {
            Client = Client,
            ClientPort = client.PeerPort,
            Method = _method.Of(head),
            Target = _target.Of(head),
            Version = client.IsHttp2 ? "HTTP/2.0"u8 : _http10 ? "HTTP/1.0"u8 : "HTTP/1.1"u8,
            TlsVersion = client.Agreement.Version,
            TlsCipher = client.Agreement.Cipher,
            Host = _host.Of(head),
            Referer = _referer.Of(head),
            UserAgent = _userAgent.Of(head),
            Status = _status,
            BodyBytesSent = BodyBytes,
            BytesReceived = HeadBytes + requestBytes,
            TotalMicroseconds = total,
            QueueMicroseconds = _queued,
            ConnectMicroseconds = _connect,
            FirstByteMicroseconds = _firstByte,
            StartUnixMicroseconds = services.Loop.UnixMicroseconds - total,
            Listener = listener.Name,
            Route = route is null ? default : route.Name,
            Pool = route is null ? default : route.PoolName,
            Member = _member is null ? default : _member.Name,
            Fault = Fault,
            Attempts = attempts,
            RequestId = RequestIdText,
            ConnectionSerial = client.ConnectionSerial,
            RequestNumber = client.RequestNumber,
            Phase = (byte)Phase,
        });
    }

    /// <summary>A request that could not be understood: nothing is known of it but that it was refused.</summary>
    public static void WriteRejected(LoopServices services, IClientStream client, ProxyFault fault, long bodyBytes)
    {
        ListenerProgram listener = client.Listener;
        int status = fault.StatusCode();
        services.Telemetry.CountExchange(listener.Metrics, listener.Index, -1, status, 0, bodyBytes, 0, fault);
        listener.AccessLog?.Append(new AccessRecord
        {
            Client = client.Peer,
            ClientPort = client.PeerPort,
            TlsVersion = client.Agreement.Version,
            TlsCipher = client.Agreement.Cipher,
            Status = status,
            BodyBytesSent = bodyBytes,
            QueueMicroseconds = -1,
            ConnectMicroseconds = -1,
            FirstByteMicroseconds = -1,
            StartUnixMicroseconds = services.Loop.UnixMicroseconds,
            Listener = listener.Name,
            Fault = fault,
            ConnectionSerial = client.ConnectionSerial,
            RequestNumber = client.RequestNumber + 1,
            Phase = (byte)ExchangePhase.Parse,
        });
    }

    private static Piece Find(RequestHead head, HeaderId id)
    {
        int index = head.IndexOf(id);
        return index < 0
            ? default
            : new Piece(head.Fields[index].ValueStart - head.Start, head.Fields[index].ValueLength);
    }

    /// <summary>Part of the kept head.</summary>
    private readonly record struct Piece(int Start, int Length)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> head) =>
            Length == 0 ? default : head.Slice(Start, Length);
    }
}
