using Proxy.Edge.Engine;
using Proxy.Edge.Http1;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>A member as one loop sees it: its counters and its kept connections, newest first (a hot socket is the
/// one whose memory and congestion window are warm). Loop thread only.</summary>
public sealed class LoopMember
{
    private readonly IEventLoop _loop;
    private readonly HeadWorkspace _workspace;
    private readonly Func<TlsLoop>? _tls;
    private Http1Origin? _newest;
    private Http1Origin? _oldest;
    private int _addressTurn;

    public LoopMember(
        IEventLoop loop, HeadWorkspace workspace, MemberPlan plan, ReusePlan reuse, Func<TlsLoop>? tls = null)
    {
        _tls = tls;
        _loop = loop;
        _workspace = workspace;
        Plan = plan;
        Reuse = reuse;
        HostHeader = System.Text.Encoding.ASCII.GetBytes(plan.HostHeader);
        BasePath = System.Text.Encoding.ASCII.GetBytes(plan.BasePath);
        Counters = plan.State.Counters(loop.Index);
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
        if (!ReferenceEquals(plan.Tls?.Context, Plan.Tls?.Context) || plan.TlsName != Plan.TlsName)
        {
            CloseKept();
        }

        Plan = plan;
        Reuse = reuse;
        HostHeader = System.Text.Encoding.ASCII.GetBytes(plan.HostHeader);
        BasePath = System.Text.Encoding.ASCII.GetBytes(plan.BasePath);
    }

    /// <summary>A connection for one exchange: a kept one, or a new one that is still connecting. Null when no
    /// address of the member is known any more.</summary>
    /// <param name="repeatable">False for a request that cannot be sent twice: the kept connection is then asked
    /// whether it still lives, which costs a system call and closes all but the last instant of the race.</param>
    /// <param name="fresh">Do not use kept connections (they have just proved stale).</param>
    public Http1Origin? Lease(bool repeatable, bool fresh)
    {
        while (!fresh && _newest is { } kept)
        {
            Unlink(kept);
            if (repeatable || !kept.IsStale())
            {
                return kept;
            }

            kept.Close();
        }

        IReadOnlyList<SocketTarget> addresses = State.Grant.Addresses;
        if (addresses.Count == 0)
        {
            return null;
        }

        SocketTarget address = addresses[(int)((uint)_addressTurn % (uint)addresses.Count)];
        Counters.ConnectionsOpened++;
        return new Http1Origin(_loop, _workspace, this, address);
    }

    /// <summary>A connect failed: the next one goes to the member's next address.</summary>
    public void NextAddress() => _addressTurn++;

    /// <summary>The member left the configuration: what is kept is closed, and nothing is kept any more.</summary>
    public void Retire()
    {
        IsRetired = true;
        CloseKept();
    }

    /// <summary>A new channel to the member, plain or TLS as its plan says.</summary>
    internal Channel Connect(SocketTarget address, IChannelHandler handler) => Plan.Tls is { } tls
        ? TlsChannel.Client(_tls!(), address, tls.Context, Plan.TlsName, handler)
        : _loop.Connect(address, handler);

    private void CloseKept()
    {
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
