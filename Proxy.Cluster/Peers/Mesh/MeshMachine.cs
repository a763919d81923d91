using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>One node's side of all its peer connections: one connection per pair of nodes, on which both send what they
/// wrote, compare what they know and exchange messages. Knows no socket and no clock: inputs come with the time, what
/// is to be done stands in <see cref="TakeEffects"/> and in the sessions' outboxes. One caller at a time.</summary>
internal sealed class MeshMachine
{
    /// <summary>Milliseconds without a tick that are no longer a delay but a pause.</summary>
    private const int OwnPause = 500;

    private readonly PeerIdentity _self;
    private readonly MeshOptions _options;
    private readonly IReadOnlyList<Replica> _replicas;
    private readonly BlobReplica _blobs;
    private readonly DialBook _dials;
    private readonly RequestBook _requests;
    private readonly PeerMemory _memory;
    private readonly DigestPacer _digests;
    private readonly DeltaFeed[] _feeds;
    private readonly DataFrames _data;
    private readonly EntryScratch _scratch = new();
    private readonly Dictionary<long, PeerSession> _sessions = [];
    private readonly List<PeerSession> _live = [];
    private List<MeshEffect> _effects = [];
    private long _lastConnection;
    private long _blobsDue;
    private long _lastTick;

    public MeshMachine(
        PeerIdentity self, MeshOptions options, IReadOnlyList<Replica> replicas, BlobReplica blobs, IRandom random)
    {
        _self = self;
        _options = options;
        _replicas = replicas;
        _blobs = blobs;
        _dials = new DialBook(self, options, random);
        _requests = new RequestBook(options.MaxRequests);
        _memory = new PeerMemory(options.MaxPeers);
        _digests = new DigestPacer(replicas, options);
        _feeds = [.. replicas.Select(static replica => new DeltaFeed(replica))];
        _data = new DataFrames(blobs, _scratch, effect => _effects.Add(effect));
    }

    /// <summary>Sessions that are up, one per peer.</summary>
    public IReadOnlyList<PeerSession> Live => _live;

    /// <summary>More was written than the last <see cref="Pump"/> sent.</summary>
    public bool HasMore => Array.Exists(_feeds, static feed => feed.HasMore);

    public PeerSession? Find(long connection) => _sessions.GetValueOrDefault(connection);

    /// <summary>Sessions with something to send.</summary>
    public IEnumerable<PeerSession> Sendable => _sessions.Values.Where(static session => session.Outbox.HasFrames);

    /// <summary>What is to be done now, in order; the list belongs to the caller.</summary>
    public List<MeshEffect> TakeEffects()
    {
        List<MeshEffect> effects = _effects;
        if (effects.Count > 0)
        {
            _effects = [];
        }

        return effects;
    }

    /// <summary>Whom to call. A node that is no longer among them and still connected stays connected: it may be cut
    /// off from the engine only, and what its clients do is worth knowing.</summary>
    public void SetTargets(IReadOnlyList<PeerTarget> targets, PeerInstant now) =>
        _dials.Replace(targets, now.Monotonic);

    /// <summary>Somebody called; the connection is ready for bytes. Null when there are too many strangers.</summary>
    public PeerSession? Accept(string address, IReadOnlyList<string>? certificateNames, PeerInstant now)
    {
        if (_sessions.Count - _live.Count >= _options.MaxStrangers || _live.Count >= _options.MaxPeers)
        {
            return null;
        }

        PeerSession session = Open(dialed: false, address, now);
        Greet(session, certificateNames);
        return session;
    }

    public void Connected(long connection, IReadOnlyList<string>? certificateNames, PeerInstant now)
    {
        if (Find(connection) is { State: SessionState.Dialing } session)
        {
            session.Since = now.Monotonic;
            session.LastReceived = now.Monotonic;
            Greet(session, certificateNames);
            SayHello(session, now);
        }
    }

    /// <summary>The connection is gone, or never came to be.</summary>
    public void Closed(long connection, string why, PeerInstant now) => End(connection, why, PeerLoss.Broken, now);

    /// <summary>That many bytes were read into the session's reader.</summary>
    public void Received(long connection, int count, PeerInstant now)
    {
        if (Find(connection) is not { State: not SessionState.Dialing } session)
        {
            return;
        }

        session.BytesReceived += count;
        session.LastReceived = now.Monotonic;
        if (session.State == SessionState.Closing)
        {
            // Nobody reads it any more, so it must not fill the reader: no room would look like the peer's end.
            return;
        }

        session.Reader.Received(count);
        FrameStatus status = FrameStatus.NeedMore;
        FrameType type = default;
        while (session.State is SessionState.Greeting or SessionState.Live
            && (status = session.Reader.TryRead(out type, out ReadOnlySpan<byte> payload)) == FrameStatus.Frame)
        {
            if (!TryHandle(session, type, payload, now))
            {
                status = FrameStatus.Broken;
                break;
            }
        }

        if (status == FrameStatus.Broken && session.State != SessionState.Closing)
        {
            _effects.Add(new MeshEffect.Trouble(
                PeerTrouble.Protocol, $"{NameOf(session)} sent what the peer protocol does not allow (frame {type})"));
            Refuse(session, GoodbyeReason.Protocol, "not understood", PeerLoss.Closed);
        }

        if (session.State == SessionState.Closing)
        {
            session.Reader.Drop();
        }

        Fill(session);
    }

    public void Sent(long connection, int bytes, PeerInstant now)
    {
        if (Find(connection) is { } session)
        {
            session.LastSent = now.Monotonic;
            session.Outbox.Sent(bytes);
            session.BytesSent += bytes;
            Fill(session);
        }
    }

    /// <summary>Something was written: sends it to everybody who keeps up.</summary>
    public void Pump()
    {
        foreach (DeltaFeed feed in _feeds)
        {
            _data.Written(feed.Send(_live, _scratch));
        }

        _blobs.TakeUnsent().ForEach(AddToAll);
    }

    /// <summary>Ten times a second: everything that depends on time.</summary>
    public void Tick(PeerInstant now)
    {
        ForgiveOwnPause(now);
        foreach (PeerTarget target in _dials.Due(now.Monotonic, IsReached))
        {
            PeerSession session = Open(dialed: true, target.Address, now);
            _effects.Add(new MeshEffect.Dial(session.Connection, target));
        }

        foreach (PeerSession session in _sessions.Values.ToList())
        {
            Watch(session, now);
        }

        foreach (long request in _requests.TakeExpired(now.Monotonic))
        {
            _effects.Add(new MeshEffect.RequestDone(request, null, "no answer in time"));
        }

        CompareTables(now);
        _data.Tick();
        foreach (PeerSession session in _live)
        {
            Acknowledge(session);
            Fill(session);
        }
    }

    /// <summary>False when the node cannot be reached or reads too slowly.</summary>
    public bool Tell(string node, string channel, byte[] content) =>
        LiveOf(node) is { } session && TrySend(session, new WireMessage(MessageKind.Tell, 0, channel, content));

    /// <summary>Answers how many nodes it was sent to.</summary>
    public int Broadcast(string channel, byte[] content)
    {
        var message = new WireMessage(MessageKind.Tell, 0, channel, content);
        return _live.Count(session => TrySend(session, message));
    }

    /// <param name="request">Comes back in <see cref="MeshEffect.RequestDone"/>, always and once.</param>
    public void Request(
        long request, string node, string channel, byte[] content, TimeSpan timeout, PeerInstant now)
    {
        uint correlation = 0;
        bool sent = LiveOf(node) is { } session
            && (correlation = _requests.Add(
                request, session.Connection, now.Monotonic + (long)timeout.TotalMilliseconds)) != 0
            && TrySend(session, new WireMessage(MessageKind.Request, correlation, channel, content));
        if (!sent)
        {
            _ = correlation != 0 && _requests.TryTake(correlation, LiveOf(node)!.Connection, out _);
            _effects.Add(new MeshEffect.RequestDone(request, null, $"{node} cannot be reached"));
        }
    }

    /// <param name="content">Null: it failed.</param>
    public void Reply(long connection, uint correlation, string channel, byte[]? content)
    {
        if (correlation != 0 && Find(connection) is { State: SessionState.Live } session)
        {
            MessageKind kind = content is null ? MessageKind.Failure : MessageKind.Reply;
            TrySend(session, new WireMessage(kind, correlation, channel, content ?? []));
        }
    }

    /// <summary>Says goodbye to everybody.</summary>
    public void Leave()
    {
        foreach (PeerSession session in _sessions.Values.ToList())
        {
            Refuse(session, GoodbyeReason.Leaving, "shutting down", PeerLoss.Closed);
        }
    }

    private PeerSession Open(bool dialed, string address, PeerInstant now)
    {
        var session = new PeerSession(++_lastConnection, dialed, address, now.Monotonic, _replicas);
        _sessions.Add(session.Connection, session);
        return session;
    }

    private static void Greet(PeerSession session, IReadOnlyList<string>? certificateNames)
    {
        session.State = SessionState.Greeting;
        session.CertificateNames = certificateNames;
    }

    /// <summary>The caller does it first. Who was called answers once it knows who calls, so an imposter learns nothing
    /// of this node and never takes itself for connected.</summary>
    private void SayHello(PeerSession session, PeerInstant now) =>
        session.Outbox.Add(new Hello(
            _self.Cluster, _self.Node, _self.Incarnation, _options.OldestVersion, _options.NewestVersion, now.Wall)
            .Encode());

    private bool TryHandle(PeerSession session, FrameType type, ReadOnlySpan<byte> payload, PeerInstant now)
    {
        switch (type)
        {
            case FrameType.Hello when session.State == SessionState.Greeting:
                if (Hello.Decode(payload) is not { } hello)
                {
                    return false;
                }

                Meet(session, hello, now);
                return true;
            case FrameType.Goodbye:
                if (Goodbye.Decode(payload) is not { } goodbye)
                {
                    return false;
                }

                Dismissed(session, goodbye, now);
                return true;
            case FrameType.Message when session.State == SessionState.Live:
                return WireMessage.Decode(payload) is { } message && TryDeliver(session, message);
            case >= FrameType.FirstSkippable:
                return true;
            default:
                return session.State == SessionState.Live && _data.TryHandle(session, type, payload, now, _self);
        }
    }

    /// <summary>The peer says who it is: refuse it, or go on with it.</summary>
    private void Meet(PeerSession session, Hello hello, PeerInstant now)
    {
        session.ClockOffset = hello.Wall - now.Wall;
        PeerSession? other = _live.Find(known => known.Peer!.Node == hello.Node);
        Refusal? refusal = Admission.Judge(_self, _options, session, hello, _live, _dials.ExpectedAt(session));
        if (!session.Dialed && refusal?.Reason != GoodbyeReason.Identity)
        {
            SayHello(session, now);
        }

        if (session.Dialed && refusal?.Reason is null or GoodbyeReason.Duplicate)
        {
            _dials.Answered(session.Address, hello.Node);
        }

        if (refusal is { } no)
        {
            if (no.IsTrouble)
            {
                _effects.Add(new MeshEffect.Trouble(PeerTrouble.Refused, $"{session.Address}: {no.Text}"));
            }

            Refuse(session, no.Reason, no.Text, PeerLoss.Closed);
            return;
        }

        bool replaces = other is not null && other.Peer!.Incarnation == hello.Incarnation;
        if (other is not null)
        {
            Replace(other, replaces);
        }

        session.Peer = hello;
        session.Version = Math.Min(_options.NewestVersion, hello.NewestVersion);
        session.State = SessionState.Live;
        _live.Add(session);
        Resume resume = _memory.For(
            hello,
            _replicas.Select(static replica => replica.Id),
            _live.Exists(static live => Array.Exists(live.Receivers, static r => r.AwaitsSnapshot)));
        foreach (TableCursor cursor in resume.Cursors)
        {
            session.ReceiverOf(cursor.Table)?.Expect(cursor.Cursor);
        }

        session.Outbox.Add(resume.Encode());
        session.Outbox.Add(_blobs.Index());
        session.DigestsOwed = _digests.Slices;
        if (!replaces)
        {
            _effects.Add(new MeshEffect.PeerUp(hello.Node, hello.Incarnation, session.Address));
        }
    }

    /// <summary>A better connection to the same node has come.</summary>
    private void Replace(PeerSession other, bool sameIncarnation)
    {
        _memory.Keep(other.Peer!, other.Receivers);
        _live.Remove(other);
        if (!sameIncarnation)
        {
            _effects.Add(new MeshEffect.PeerDown(
                other.Peer!.Node, other.Peer.Incarnation, PeerLoss.Broken, "it was started anew"));
        }

        FailRequests(other);
        Refuse(
            other, sameIncarnation ? GoodbyeReason.Duplicate : GoodbyeReason.Superseded, "there is a newer connection",
            PeerLoss.Closed);
    }

    private void Dismissed(PeerSession session, Goodbye goodbye, PeerInstant now)
    {
        if (goodbye.Reason is not (GoodbyeReason.Leaving or GoodbyeReason.Duplicate or GoodbyeReason.Superseded
            or GoodbyeReason.Self or GoodbyeReason.Unwanted))
        {
            _effects.Add(new MeshEffect.Trouble(
                PeerTrouble.Refused, $"{NameOf(session)} refused this node: {goodbye.Text}"));
        }

        session.GoodbyeHeard = goodbye.Reason;
        _effects.Add(new MeshEffect.Close(session.Connection));
        End(session.Connection, goodbye.Text, PeerLoss.Left, now);
    }

    private bool TryDeliver(PeerSession session, WireMessage message)
    {
        if (message.Kind is MessageKind.Tell or MessageKind.Request)
        {
            uint correlation = message.Kind == MessageKind.Request ? message.Correlation : 0;
            _effects.Add(new MeshEffect.Message(
                session.Connection, session.Peer!.Node, correlation, message.Channel, message.Content));
        }
        else if (_requests.TryTake(message.Correlation, session.Connection, out long request))
        {
            bool failed = message.Kind == MessageKind.Failure;
            _effects.Add(new MeshEffect.RequestDone(
                request, failed ? null : message.Content, failed ? $"{session.Peer!.Node} could not answer" : null));
        }

        return true;
    }

    /// <summary>While this process was stopped or starved it heard nobody: that is not their silence, and what they
    /// sent waits to be read.</summary>
    private void ForgiveOwnPause(PeerInstant now)
    {
        long pause = now.Monotonic - _lastTick;
        if (_lastTick != 0 && pause > OwnPause)
        {
            foreach (PeerSession session in _sessions.Values)
            {
                session.LastReceived = Math.Min(now.Monotonic, session.LastReceived + pause);
                session.LastSent = Math.Min(now.Monotonic, session.LastSent + pause);
            }
        }

        _lastTick = now.Monotonic;
    }

    private void Watch(PeerSession session, PeerInstant now)
    {
        long silent = now.Monotonic - session.LastReceived;
        if (session.State == SessionState.Greeting && now.Monotonic - session.Since > Span(_options.HelloTimeout))
        {
            Refuse(session, GoodbyeReason.Silent, "no hello", PeerLoss.Silent);
        }
        else if (session.State == SessionState.Live && silent > Span(_options.DeadAfter))
        {
            Refuse(session, GoodbyeReason.Silent, $"nothing heard for {silent} ms", PeerLoss.Silent);
        }
        else if (session.State == SessionState.Live && session.Outbox.Bytes > 0
            && now.Monotonic - session.LastSent > Span(_options.StuckAfter))
        {
            Refuse(session, GoodbyeReason.Silent, "it does not read", PeerLoss.Silent);
        }
        else if (session.State == SessionState.Live)
        {
            ReportClock(session);
            session.LastSent = session.Outbox.Bytes == 0 ? now.Monotonic : session.LastSent;
            if (now.Monotonic - session.LastPinged >= Span(_options.Heartbeat))
            {
                session.LastPinged = now.Monotonic;
                session.Outbox.Add(new Ping(now.Monotonic, now.Wall).Encode(FrameType.Ping));
            }
        }
    }

    private void ReportClock(PeerSession session)
    {
        bool off = Math.Abs(session.ClockOffset) > Span(_options.MaxClockDrift);
        if (off && !session.ClockReported)
        {
            _effects.Add(new MeshEffect.Trouble(
                PeerTrouble.ClockOff,
                $"the clock of {session.Peer!.Node} differs by {session.ClockOffset / 1000.0:0.0} s, more than "
                + $"{_options.MaxClockDrift.TotalSeconds:0.0} s: "
                + "what the node with the later clock writes is refused"));
        }

        session.ClockReported = off;
    }

    private void CompareTables(PeerInstant now)
    {
        int slice = _digests.TakeDue(now.Monotonic);
        if (slice >= 0 && _live.Count > 0)
        {
            FrameBuffer frame = _digests.Encode(slice, now.Wall, _scratch);
            AddToAll(frame);
        }

        foreach (PeerSession session in _live)
        {
            // A second for what is on its way already.
            if (session.DigestsOwed > 0 && now.Monotonic - session.Since > 1000 && session.Outbox.IsLow)
            {
                session.DigestsOwed--;
                session.Outbox.Add(_digests.Encode(session.DigestsOwed, now.Wall, _scratch));
            }
        }

        if (now.Monotonic >= _blobsDue)
        {
            _blobsDue = now.Monotonic + Span(_options.DigestInterval);
            _blobs.Sweep(now.Wall);
            AddToAll(_blobs.Index());
        }
    }

    /// <summary>Whoever reads too slowly misses it, and finds out by the next digest or index.</summary>
    private void AddToAll(FrameBuffer frame)
    {
        foreach (PeerSession session in _live)
        {
            if (!session.Outbox.IsHigh)
            {
                session.Outbox.Add(frame.Share());
            }
        }

        frame.Release();
    }

    private void Acknowledge(PeerSession session)
    {
        bool complete = true;
        foreach (TableReceiver receiver in session.Receivers)
        {
            complete &= !receiver.AwaitsSnapshot;
            if (receiver.TryAcknowledge(out TableCursor cursor))
            {
                session.Outbox.Add(EntryFrames.EncodeCursor(FrameType.Ack, cursor));
            }
        }

        _memory.HasSnapshot |= complete;
    }

    private void Fill(PeerSession session)
    {
        if (session.State == SessionState.Live)
        {
            for (int i = 0; i < _feeds.Length; i++)
            {
                session.Senders[i].Fill(session.Outbox, _feeds[i].Position, _scratch);
            }
        }
    }

    private bool TrySend(PeerSession session, WireMessage message)
    {
        if (message.Content.Length > PeerWire.MaxMessageBytes || session.Outbox.IsHigh)
        {
            return false;
        }

        session.Outbox.Add(message.Encode());
        return true;
    }

    /// <summary>Says why, then closes; what the peer still sends is not read.</summary>
    private void Refuse(PeerSession session, GoodbyeReason reason, string text, PeerLoss kind)
    {
        if (session.State == SessionState.Closing)
        {
            return;
        }

        if (session.State != SessionState.Dialing)
        {
            session.Outbox.Add(new Goodbye(reason, text).Encode());
        }

        session.GoodbyeSaid = reason;
        Lost(session, kind, text);
        session.State = SessionState.Closing;
        _effects.Add(new MeshEffect.Close(session.Connection));
    }

    private void End(long connection, string why, PeerLoss kind, PeerInstant now)
    {
        if (!_sessions.Remove(connection, out PeerSession? session))
        {
            return;
        }

        Lost(session, kind, why);
        session.State = SessionState.Closing;
        session.Outbox.Clear();
        if (session.Dialed)
        {
            _dials.Ended(session.Address, session.GoodbyeHeard ?? session.GoodbyeSaid, now.Monotonic);
        }
    }

    private void Lost(PeerSession session, PeerLoss kind, string why)
    {
        if (_live.Remove(session))
        {
            _memory.Keep(session.Peer!, session.Receivers);
            FailRequests(session);
            _effects.Add(new MeshEffect.PeerDown(session.Peer!.Node, session.Peer.Incarnation, kind, why));
        }
    }

    private void FailRequests(PeerSession session)
    {
        foreach (long request in _requests.TakeOf(session.Connection))
        {
            _effects.Add(new MeshEffect.RequestDone(request, null, $"the connection to {session.Peer!.Node} was lost"));
        }
    }

    private PeerSession? LiveOf(string node) => _live.Find(session => session.Peer!.Node == node);

    private bool IsReached(string node) => LiveOf(node) is not null;

    private static string NameOf(PeerSession session) => session.Peer?.Node ?? session.Address;

    private static long Span(TimeSpan time) => (long)time.TotalMilliseconds;
}
