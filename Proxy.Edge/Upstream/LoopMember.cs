using Proxy.Edge.Engine;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>A member as one loop sees it: its counters and its kept connections, newest first (a hot socket is the
/// one whose memory and congestion window are warm). Loop thread only.</summary>
public sealed class LoopMember
{
    /// <summary>How long a member that may speak either is taken to speak HTTP/1.1 only, once it chose that.</summary>
    private const long RelearnMicroseconds = 600_000_000;

    private readonly OriginServices _services;
    private readonly List<Http2OriginConnection> _http2 = [];
    private Http1Origin? _newest;
    private Http1Origin? _oldest;
    private int _addressTurn;
    private long _http1Until;
    private TlsOrigin? _tls;

    public LoopMember(OriginServices services, MemberPlan plan, ReusePlan reuse)
    {
        _services = services;
        Plan = plan;
        Reuse = reuse;
        HostHeader = System.Text.Encoding.ASCII.GetBytes(plan.HostHeader);
        BasePath = System.Text.Encoding.ASCII.GetBytes(plan.BasePath);
        Counters = plan.State.Counters(services.Loop.Index);
        Name = System.Text.Encoding.UTF8.GetBytes(plan.State.Id.Name);
    }

    public MemberPlan Plan { get; private set; }

    public byte[] HostHeader { get; private set; }

    public byte[] BasePath { get; private set; }

    public ReusePlan Reuse { get; private set; }

    public MemberState State => Plan.State;

    /// <summary>The member's name as bytes, for the access log.</summary>
    public byte[] Name { get; }

    public MemberCounters Counters { get; }

    public bool IsRetired { get; private set; }

    /// <summary>The last attempt reported to the actors was a failure, so the next success is worth reporting
    /// too.</summary>
    public bool OwesSuccess { get; set; }

    /// <summary>Takes over a new revision's settings; kept connections stay, unless they were made under other rules of
    /// trust.</summary>
    public void Adopt(MemberPlan plan, ReusePlan reuse)
    {
        if (!ReferenceEquals(plan.Tls?.Context, Plan.Tls?.Context) || plan.TlsName != Plan.TlsName
            || plan.Protocol != Plan.Protocol)
        {
            _http1Until = 0;
            CloseKept();
            _tls?.Close();
            _tls = null;
        }

        Plan = plan;
        Reuse = reuse;
        HostHeader = System.Text.Encoding.ASCII.GetBytes(plan.HostHeader);
        BasePath = System.Text.Encoding.ASCII.GetBytes(plan.BasePath);
    }

    /// <summary>Room for one exchange: on a kept connection, or on a new one that is still connecting. Null when no
    /// address of the member is known any more.</summary>
    /// <param name="repeatable">False for a request that cannot be sent twice: an idle connection is then asked
    /// whether it still lives, which costs a system call and closes all but the last instant of the race.</param>
    /// <param name="fresh">Do not use idle connections (they have just proved stale).</param>
    /// <param name="upgrade">The request asks for another protocol, which only HTTP/1.1 connections can become.</param>
    public OriginStream? Lease(bool repeatable, bool fresh, bool upgrade)
    {
        if (SpeaksHttp2 && !upgrade)
        {
            return LeaseHttp2(repeatable, fresh);
        }

        while (!fresh && _newest is { } kept)
        {
            Unlink(kept);
            if (repeatable || !kept.IsStale())
            {
                return kept;
            }

            kept.Close();
        }

        return NextTarget() is { } address ? new Http1Origin(_services, this, address) : null;
    }

    /// <summary>A connect failed: the next one goes to the member's next address.</summary>
    public void NextAddress() => _addressTurn++;

    /// <summary>The member left the configuration: what is kept is closed, and nothing is kept any more.</summary>
    public void Retire()
    {
        IsRetired = true;
        CloseKept();
        _tls?.Close();
    }

    /// <summary>A new channel to the member, plain or TLS as its plan says.</summary>
    internal Channel Connect(SocketTarget address, IChannelHandler handler, bool offerHttp2) => Plan.Tls is { } tls
        ? TlsChannel.Client(
            _services.Tls, address, _tls ??= new TlsOrigin(_services.Tls, tls.Context, Plan.TlsName),
            Offer(offerHttp2), handler)
        : _services.Loop.Connect(address, handler);

    /// <summary>The member chose HTTP/1.1 for a connection, which becomes a kept one.</summary>
    internal void LearnHttp1(Http2OriginConnection refused, Channel channel)
    {
        _http2.Remove(refused);
        _http1Until = _services.Loop.Now + RelearnMicroseconds;
        Keep(new Http1Origin(_services, this, channel));
    }

    /// <summary>The member wants HTTP/1.1 for something (RFC 9113 §7, HTTP_1_1_REQUIRED): from now on, for a while, it
    /// gets it for everything. False for one that is to be spoken to in HTTP/2.</summary>
    internal bool TurnToHttp1()
    {
        bool may = Plan.Protocol == OriginProtocol.Auto;
        _http1Until = may ? _services.Loop.Now + RelearnMicroseconds : 0;
        return may;
    }

    internal void Forget(Http2OriginConnection connection) => _http2.Remove(connection);

    // Without TLS nothing tells what an origin speaks; HTTP/1.1 is what everybody does.
    private bool SpeaksHttp2 => Plan.Protocol == OriginProtocol.Http2
        || (Plan.Protocol == OriginProtocol.Auto && Plan.Tls is not null && _services.Loop.Now >= _http1Until);

    private TlsOffer Offer(bool http2) =>
        !http2 ? TlsOffer.Http1
        : Plan.Protocol == OriginProtocol.Auto ? TlsOffer.Either
        : TlsOffer.Http2;

    /// <summary>Requests gather on few connections, where they share reads and writes.</summary>
    private Http2Origin? LeaseHttp2(bool repeatable, bool fresh)
    {
        for (int i = 0; i < _http2.Count; i++)
        {
            Http2OriginConnection connection = _http2[i];
            if (connection.HasRoom
                && !(connection.IsIdle && (fresh || (!repeatable && connection.MayBeStale()))))
            {
                return connection.Open();
            }
        }

        if (NextTarget() is not { } address)
        {
            return null;
        }

        var added = new Http2OriginConnection(_services, this, address);
        _http2.Add(added);
        return added.Open();
    }

    private SocketTarget? NextTarget()
    {
        IReadOnlyList<SocketTarget> addresses = State.Grant.Addresses;
        if (addresses.Count == 0)
        {
            return null;
        }

        Counters.ConnectionsOpened++;
        return addresses[(int)((uint)_addressTurn % (uint)addresses.Count)];
    }

    private void CloseKept()
    {
        for (int i = _http2.Count - 1; i >= 0; i--)
        {
            _http2[i].Retire();
        }

        while (_newest is { } kept)
        {
            Unlink(kept);
            kept.Close();
        }
    }

    internal void Keep(Http1Origin origin)
    {
        if (Counters.IdleConnections >= Reuse.MaxIdle && _oldest is { } oldest)
        {
            Unlink(oldest);
            oldest.Close();
        }

        origin.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = origin;
        }
        else
        {
            _oldest = origin;
        }

        _newest = origin;
        origin.IsKept = true;
        Counters.IdleConnections++;
    }

    internal void Unlink(Http1Origin origin)
    {
        if (origin.Newer is not null)
        {
            origin.Newer.Older = origin.Older;
        }
        else
        {
            _newest = origin.Older;
        }

        if (origin.Older is not null)
        {
            origin.Older.Newer = origin.Newer;
        }
        else
        {
            _oldest = origin.Newer;
        }

        origin.Newer = origin.Older = null;
        origin.IsKept = false;
        Counters.IdleConnections--;
    }
}
