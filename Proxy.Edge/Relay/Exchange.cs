using Proxy.Edge.Affinity;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Limits;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>One request and its answer, from admission to record: the twelve steps. The numbers in the code are
/// those of <see cref="ExchangePhase"/>. The loop owns this object; nothing here blocks, allocates, takes a lock or
/// reads a clock. Exchanges are recycled, see <see cref="LoopServices.RentExchange"/>.</summary>
public sealed class Exchange : IOriginUser
{
    /// <summary>From so many bytes on the kernel moves the body: below, setting up the pipe costs more.</summary>
    private const long SpliceFrom = 64 * 1024;

    private readonly LoopServices _services;
    private readonly MemberChoice _choice;
    private readonly Parking _parking;
    private readonly RequestRecord _record = new();
    private readonly KeptRequest _kept = new();
    private readonly Attempts _attempts;
    private IClientStream _client = null!;
    private ListenerProgram _listener = null!;
    private RouteProgram? _route;
    private RouteCaptures _captures;
    private EarlyRequest _early;
    private bool _requestDone, _responseStarted;
    private bool _upgradeAsked, _tunnel, _originEnded, _clientEnded;
    private Method _method;
    private long _requestBytes;

    public Exchange(LoopServices services)
    {
        _services = services;
        _choice = new MemberChoice(services.Slots);
        _attempts = new Attempts(services, _choice);
        _parking = new Parking(services, this);
    }

    public ChunkedOutput ChunkedOutput => _client.ChunkedOutput;

    /// <summary>True while the request body still has somewhere to go.</summary>
    public bool WantsBody => Origin is not null;

    private OriginStream? Origin => _attempts.Origin;

    /// <summary>Takes a request over. Head and body lie in <paramref name="buffer"/>, which the exchange may
    /// overwrite up to the end of the body but does not keep.</summary>
    public void Start(
        IClientStream client, RequestHead head, byte[] buffer, int bodyStart, int bodyCount, bool bodyDone)
    {
        _client = client;
        _listener = client.Listener;
        _method = head.Method;
        _requestDone = bodyDone;
        _requestBytes = bodyCount;
        _kept.Keep(_services.Loop.Buffers, head);
        _record.Begin(head, _listener.LogsAccess, _services.Loop.Now, _services.RequestIds.Next());
        if (!client.IsTls && _services.Challenges.Find(head.Path) is { } challenge)
        {
            _record.Client = _listener.Forwarding.EffectiveClient(client.Forwarding, head);
            Send(HttpChallenges.Answer(challenge, close: !bodyDone));
            return;
        }

        _kept.KeepBody(_services.Loop.Buffers, buffer, bodyStart, bodyCount, int.MaxValue);
        if (_listener.TakesEarlyData && _early.MustWait(client, head, bodyDone))
        {
            (bodyDone ? null : client)?.PauseBody();
            return;
        }

        Dispatch(head, buffer, bodyStart, bodyCount);
    }

    /// <summary>The client's handshake is done: it is no repetition that waits for this.</summary>
    public void OnHandshakeDone()
    {
        if (_early.GoOn())
        {
            Resume(granted: null);
        }
    }

    /// <summary>More of the request body, framed as it goes to an origin.</summary>
    public void OnRequestBody(byte[] buffer, int start, int count, bool done)
    {
        _requestBytes += count;
        _requestDone = done;
        long limit = _route!.Plan.MaxRequestBody;
        if (limit > 0 && _requestBytes > limit)
        {
            Fail(ProxyFault.BodyTooLarge);
            return;
        }

        // While the connection is being made nothing has been sent, so everything is kept; later only a little.
        int room = Origin!.IsConnected ? _choice.Pool!.Plan.Retry.BufferBytes : int.MaxValue;
        _kept.KeepBody(_services.Loop.Buffers, buffer, start, count, room);
        Origin.Send(buffer, start, count);
        AfterRequestBytes();
    }

    /// <summary>The client took everything it was sent: the origin may go on.</summary>
    public void OnClientDrained() =>
        (_responseStarted || _tunnel || Origin is { IsPaused: true } ? Origin : null)?.ResumeReading();

    /// <summary>Too much waits for the client, maybe of other streams: the answer waits at its origin.</summary>
    public void OnClientCongested() => Origin?.PauseReading();

    public void OnTunnelFromClient(byte[] buffer, int start, int count)
    {
        _requestBytes += count;
        Origin!.Send(buffer, start, count);
        if (Origin.UnsentBytes > 0)
        {
            _client.PauseBody();
        }
    }

    public void OnTunnelEndFromClient()
    {
        _clientEnded = true;
        Origin!.EndTunnel();
        EndTunnelIfBothEnded();
    }

    /// <summary>The wait for a slot is over.</summary>
    /// <param name="member">Null when none became free in time.</param>
    internal void OnSlot(MemberState? member)
    {
        _record.OnQueued(_parking.SlotDone());
        if (member is null)
        {
            Refuse(ProxyFault.QueueTimeout, ExchangePhase.Balance);
            return;
        }

        Resume(member);
    }

    /// <summary>The wait for the route's rate limit is over.</summary>
    internal void OnLimit(LimitVerdict verdict)
    {
        _parking.LimitDone();
        if (verdict.Outcome != LimitOutcome.Admitted)
        {
            RefuseByLimit(verdict);
            return;
        }

        Resume(granted: null);
    }

    /// <summary>The client is gone or gave up. Its stream is not told anything any more.</summary>
    public void Cancel(ProxyFault fault)
    {
        _attempts.Close();
        _record.Fault = fault;
        Record();
    }

    public void OnInterim(ResponseHead head) => _client.SendInterim(head);

    public void OnResponse(ResponseHead head, byte[] buffer, int bodyStart, int bodyCount, bool done)
    {
        LoopMember member = _choice.Member!;
        _attempts.OnResponse(head.Status);
        _record.OnConnected(Origin!.ConnectMicroseconds);
        if (done)
        {
            _attempts.Detach();
        }

        if (_early.AsksAgain(head.Status))
        {
            _attempts.Close();
            if (!_client.IsEarly)
            {
                OnHandshakeDone();
            }

            return;
        }

        _responseStarted = true;
        _kept.DropBody(_services.Loop.Buffers);
        _record.OnResponse(head.Status, _services.Loop.Now);
        _record.BodyBytes += bodyCount;
        SendHead(head, member, buffer, bodyStart, bodyCount, done);                          // 11
        if (done)
        {
            Finish();
            return;
        }

        if (Origin!.BodyRemaining >= SpliceFrom && _client.SpliceTarget is { } target && Origin.SpliceTo(target))
        {
            return;
        }

        PauseOriginIfClientIsSlow();
    }

    public void OnResponseBody(byte[] buffer, int start, int count, bool done)
    {
        TakePart(count, done);
        _client.SendBody(buffer, start, count, done);
        if (done)
        {
            Finish();
            return;
        }

        PauseOriginIfClientIsSlow();
    }

    public void OnResponseTrailers(byte[] buffer, int start, int count)
    {
        _attempts.Detach();
        _client.SendTrailers(buffer, start, count);
        Finish();
    }

    public void OnResponseSpliced(long count, bool done)
    {
        TakePart(count, done);
        _services.Telemetry.Counters.SpliceBytes += count;
        _client.OnSpliced(count, done);
        if (done)
        {
            Finish();
        }
    }

    public bool IsUpgradeAskedFor(ResponseHead head) =>
        _kept.AsksFor(head.Value(HeaderId.Upgrade), _services.Workspace.Request, _listener.Plan.Limits);

    public void OnUpgraded(ResponseHead head, byte[] buffer, int start, int count)
    {
        _tunnel = _responseStarted = true;
        _services.Telemetry.Counters.Upgrades++;
        _services.Telemetry.Counters.TunnelsOpen++;
        _record.OnResponse(head.Status, _services.Loop.Now);
        _record.BodyBytes += count;
        _kept.DropBody(_services.Loop.Buffers);
        _client.SendUpgrade(head, buffer, start, count);
        PauseOriginIfClientIsSlow();
    }

    public void OnTunnelData(byte[] buffer, int start, int count)
    {
        _record.BodyBytes += count;
        _client.SendTunnel(buffer, start, count);
        PauseOriginIfClientIsSlow();
    }

    public void OnTunnelEnd()
    {
        _originEnded = true;
        _client.EndTunnel();
        EndTunnelIfBothEnded();
    }

    public void OnRequestDrained()
    {
        if (!_requestDone || _tunnel)
        {
            _client.ResumeBody();
        }
    }

    public void OnOriginFault(ProxyFault fault)
    {
        OriginStream origin = _attempts.Detach()!;
        if (_responseStarted)
        {
            if (!_tunnel)
            {
                _attempts.OnFailure(fault);
            }

            Break(fault);
            return;
        }

        if (_attempts.MayRepeat(origin, _method, _kept.IsWhole, fault, out bool sameMember))
        {
            if (_attempts.TryRepeat(sameMember))
            {
                Resume(granted: null);
            }
            else
            {
                Refuse(fault, ExchangePhase.Balance);
            }

            return;
        }

        Refuse(fault, ExchangePhase.Forward);
    }

    /// <summary>Steps 3 to 10 for the first attempt or a repeated one.</summary>
    /// <param name="granted">A member whose slot was waited for; it is not chosen again.</param>
    private void Dispatch(RequestHead head, byte[] buffer, int bodyStart, int bodyCount, MemberState? granted = null)
    {
        Admission admission = Admission.Judge(
            _services, _client, _listener, head, _requestBytes, ref _captures);              // 3, 4, 5
        _record.Client = admission.Client;
        if (admission.Route is not { } route)
        {
            Refuse(admission.Fault, admission.Phase);
            return;
        }

        _route = route;
        NormalizedPath path = admission.Path;
        switch (_parking.Judge(route.Plan.RateLimit, head, path, admission.Client))
        {
            case null:
                PauseUnfinishedRequest();
                return;
            case { Outcome: not LimitOutcome.Admitted } verdict:
                RefuseByLimit(verdict);
                return;
        }

        if (_listener.Plan.RedirectToHttpsPort is > 0 and int port && !_client.IsTls)
        {
            Send(HttpsRedirect.Answer(head, port, _services.LineScratch, close: !_requestDone));
            return;
        }

        if (route.Pool is not { } pool)
        {
            Answer(route, head, path);
            return;
        }

        _upgradeAsked = route.MayUpgrade(head);
        var request = new AffinityRequest(head, admission.Client, _services.UnixMilliseconds);
        if (granted is not null)
        {
            if (!_choice.Take(pool, granted, request))
            {
                Refuse(ProxyFault.NoMember, ExchangePhase.Balance);
                return;
            }
        }
        else if (_choice.Choose(pool, request) is var result && result != ChoiceResult.Chosen)  // 7, 8
        {
            if (result == ChoiceResult.Full && _kept.IsWhole && _parking.TryAwaitSlot(pool, _choice.Bound))
            {
                PauseUnfinishedRequest();
                return;
            }

            // After a failed attempt its cause says more than that nobody is left.
            ProxyFault last = _attempts.LastFault;
            Refuse(last == ProxyFault.None ? ProxyFault.NoMember : last, ExchangePhase.Balance);
            return;
        }

        Forward(head, path, buffer, bodyStart, bodyCount);                                   // 9, 10
    }

    /// <summary>A client whose request is complete is read on, so that one who gives up while waiting is
    /// noticed.</summary>
    private void PauseUnfinishedRequest()
    {
        if (!_requestDone)
        {
            _client.PauseBody();
        }
    }

    private void Forward(RequestHead head, NormalizedPath path, byte[] buffer, int bodyStart, int bodyCount)
    {
        LoopMember member = _choice.Member!;
        PoolPlan pool = _choice.Pool!.Plan;
        bool repeatable = _method.IsIdempotent() || pool.Retry.NonIdempotent;
        if (_attempts.Begin(repeatable, _upgradeAsked) is not { } origin)                              // 9
        {
            Refuse(ProxyFault.NameNotResolved, ExchangePhase.LeaseConnection);
            return;
        }

        _record.OnAttempt(member);
        byte[] scratch = _services.Workspace.ScratchFor(head);
        if (_listener.TakesEarlyData)
        {
            _early.OnForward(_client, head);
        }

        ForwardContext context = Context(_route!, member);
        int length = RequestHeadWriter.Write(in context, head, path, scratch, _services.LineScratch);
        if (length < 0)
        {
            _attempts.Close();
            ProxyFault fault = length == TargetWriter.Refused ? ProxyFault.BadRequest : ProxyFault.HeadTooLarge;
            Refuse(fault, ExchangePhase.Forward);
            return;
        }

        origin.Begin(this, _method, _upgradeAsked, _requestDone, pool.Timeouts);                    // 10
        origin.SendBoth(scratch, length, buffer, bodyStart, bodyCount);
        _kept.Limit(_services.Loop.Buffers, origin.IsConnected ? pool.Retry.BufferBytes : int.MaxValue);
        if (!_requestDone)
        {
            AfterRequestBytes();
        }
    }

    private void AfterRequestBytes()
    {
        if (_requestDone)
        {
            Origin!.RequestComplete();
        }
        else if (Origin!.UnsentBytes > 0)
        {
            _client.PauseBody();
            Origin.AwaitDrain();
        }
        else
        {
            _client.ResumeBody();
        }
    }

    private void SendHead(ResponseHead head, LoopMember member, byte[] buffer, int bodyStart, int bodyCount, bool done)
    {
        _choice.Pool!.Plan.Affinity?.Answered(head, member.State, _services.UnixMilliseconds);
        Span<byte> lines = _services.LineScratch;
        ForwardContext context = Context(_route!, member);
        int length = ResponseLines.Write(_services, _listener, in context, _kept, head, lines);
        length += _choice.WriteToken(member.State, _client.IsTls, lines[length..]);
        _client.SendResponse(head, lines[..length], buffer, bodyStart, bodyCount, done);
    }

    private ForwardContext Context(RouteProgram route, LoopMember? member) =>
        new(route, member, _client, _record, _captures) { UpgradeAsked = _upgradeAsked, IsEarly = _early.IsMarked };

    /// <summary>Body bytes came; with the last of them the origin is done.</summary>
    private void TakePart(long count, bool done)
    {
        _record.BodyBytes += count;
        if (done)
        {
            _attempts.Detach();
        }
    }

    private void EndTunnelIfBothEnded()
    {
        if (_clientEnded && _originEnded)
        {
            _attempts.Close();
            Finish();
        }
    }

    private void PauseOriginIfClientIsSlow() => (_client.UnsentBytes > 0 ? Origin : null)?.PauseReading();

    /// <summary>Takes the kept request up again.</summary>
    /// <param name="granted">A slot of this member is held.</param>
    private void Resume(MemberState? granted)
    {
        RequestHead head = _services.Workspace.Request;
        if (_kept.TryReparse(head, _listener.Plan.Limits))
        {
            Dispatch(head, _kept.Body, 0, _kept.BodyCount, granted);
            return;
        }

        if (granted is not null)
        {
            _choice.Return(granted);
        }

        Refuse(ProxyFault.Internal, ExchangePhase.Parse);
    }

    private void Answer(RouteProgram route, RequestHead head, NormalizedPath path)
    {
        ForwardContext context = Context(route, member: null);
        TemplateContext template = RequestHeadWriter.Template(in context, head, path);
        LocalAnswer answer = route.Answer(template, in _captures, _services.LineScratch, close: !_requestDone);
        Send(in answer);
    }

    private void Send(scoped in LocalAnswer answer)
    {
        _record.OnResponse(answer.Status, _services.Loop.Now);
        _record.BodyBytes = _method == Method.Head ? 0 : answer.Body.Length;
        _client.SendLocal(in answer);
        Finish();
    }

    /// <summary>The request itself went wrong on its way in.</summary>
    public void Fail(ProxyFault fault)
    {
        _attempts.Close();
        if (!_responseStarted)
        {
            Refuse(fault, ExchangePhase.Forward);
            return;
        }

        Break(fault);
    }

    private void Break(ProxyFault fault)
    {
        _record.Fault = fault;
        _client.AbortResponse();
        Record();
    }

    private void RefuseByLimit(LimitVerdict verdict)
    {
        Span<byte> lines = _services.LineScratch;
        Refuse(
            ProxyFault.RateLimited, ExchangePhase.AdmitToRoute,
            lines[.._route!.Plan.RateLimit!.Fields.Write(verdict.Wait, lines)]);
    }

    private void Refuse(ProxyFault fault, ExchangePhase phase, ReadOnlySpan<byte> lines = default)
    {
        LocalAnswer answer = GrpcAnswer.Refusal(_services, _client, _kept, fault, close: !_requestDone, lines);
        _record.Fault = fault;
        _record.Phase = phase;
        Send(in answer);
    }

    private void Finish()
    {
        IClientStream client = _client;
        Record();
        client.ExchangeEnded();
    }

    private void Record()                                                                    // 12
    {
        _parking.Leave();
        _services.Telemetry.Counters.TunnelsOpen -= _tunnel ? 1 : 0;
        _record.Write(_services, _client, _listener, _route, _choice.Pool, _kept, _attempts.Made, _requestBytes);
        _kept.Drop(_services.Loop.Buffers);
        _choice.Reset();
        _client = null!;
        _route = null;
        _attempts.Reset();
        _early = default;
        _requestDone = _responseStarted = _upgradeAsked = _tunnel = _originEnded = _clientEnded = false;
        _services.ReturnExchange(this);
    }
}
