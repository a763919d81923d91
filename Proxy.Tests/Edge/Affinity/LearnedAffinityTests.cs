using System.Text;
using Proxy.Edge.Affinity;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Replication;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Affinity;

public sealed class LearnedAffinityTests
{
    private const long Start = 1_700_000_000_000;
    private static readonly ClientAddress Client = ClientAddress.FromIpv4(0x0A000001);

    private readonly Replica _replica = Node("n");

    private readonly MemberState _a = Member("a");
    private readonly MemberState _b = Member("b");

    [Theory]
    [InlineData("GET /x HTTP/1.1", "Cookie: a=b; SID=77.x; c=d")]
    [InlineData("GET /x HTTP/1.1", "Cookie: SID=stale\r\nCookie: z=1; SID=\"77.x\"")]
    [InlineData("GET /x HTTP/1.1", "X-Session: 77.x")]
    [InlineData("GET /x;sid=77.x HTTP/1.1", "A: b")]
    [InlineData("GET /x;v=1;sid=77.x/y;z?q=1 HTTP/1.1", "A: b")]
    [InlineData("GET /x?sid=77.x HTTP/1.1", "A: b")]
    [InlineData("GET /x?y=z&sid=77.x&w HTTP/1.1", "Cookie: other=1")]
    public void A_session_handed_out_is_found_wherever_the_request_carries_it(string line, string field)
    {
        var sessions = Sessions();
        sessions.Answered(Response("Set-Cookie: other=1; Path=/\r\nSet-Cookie: SID=77.x; Path=/; HttpOnly"), _b, Start);

        Assert.Same(_b, Find(sessions, line, field));
    }

    [Theory]
    [InlineData("GET /x HTTP/1.1", "Cookie: SID=77")]
    [InlineData("GET /x HTTP/1.1", "Cookie: sid=77.x")]
    [InlineData("GET /x;asid=77.x HTTP/1.1", "Cookie: SID=")]
    [InlineData("GET /sid=77.x HTTP/1.1", "Cookie: ASID=77.x")]
    [InlineData("GET /x?asid=77.x HTTP/1.1", "X-Session-Id: 77.x")]
    public void What_only_looks_alike_is_not_found(string line, string field)
    {
        var sessions = Sessions();
        sessions.Answered(Response("Set-Cookie: SID=77.x"), _b, Start);

        Assert.Null(Find(sessions, line, field));
    }

    [Fact]
    public void A_header_of_the_response_names_a_session_too()
    {
        var sessions = Sessions();
        sessions.Answered(Response("x-session: abc"), _a, Start);

        Assert.Same(_a, Find(sessions, "GET / HTTP/1.1", "X-Session: abc"));
    }

    [Fact]
    public void A_session_lives_as_long_as_it_is_used_and_its_timeout_after_that()
    {
        var sessions = Sessions(TimeSpan.FromMinutes(30));
        sessions.Answered(Response("Set-Cookie: SID=1"), _a, Start);
        var now = Start;
        for (var i = 0; i < 10; i++)
        {
            now += 29 * 60_000;
            Assert.Same(_a, Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1", now));
        }

        Assert.Same(_a, Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1", now + (30 * 60_000)));
        Assert.Null(Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1", now + (64 * 60_000)));
    }

    [Fact]
    public void Use_is_written_down_only_from_time_to_time()
    {
        var sessions = Sessions(TimeSpan.FromMinutes(30));
        sessions.Answered(Response("Set-Cookie: SID=1"), _a, Start);
        var before = _replica.Journal.Head;

        for (var now = Start; now < Start + 600_000; now += 100)
        {
            Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1", now);
            sessions.Answered(Response("Set-Cookie: SID=1"), _a, now);
        }

        Assert.InRange(_replica.Journal.Head - before, 5, 11);
    }

    [Fact]
    public void A_session_moves_with_the_request_that_had_to_go_elsewhere()
    {
        var sessions = Sessions();
        sessions.Answered(Response("Set-Cookie: SID=1"), _a, Start);

        sessions.Chosen(Request("GET / HTTP/1.1", "Cookie: SID=1"), _b);

        Assert.Same(_b, Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1"));
        // It was handed out once, so it lives on like any other.
        Assert.Same(_b, Find(sessions, "GET / HTTP/1.1", "Cookie: SID=1", Start + (20 * 60_000)));
    }

    [Fact]
    public void An_id_a_client_made_up_is_soon_forgotten()
    {
        var sessions = Sessions(TimeSpan.FromMinutes(30));
        sessions.Chosen(Request("GET / HTTP/1.1", "Cookie: SID=evil"), _a);

        Assert.Same(_a, Find(sessions, "GET / HTTP/1.1", "Cookie: SID=evil", Start + 50_000));
        Assert.Null(Find(sessions, "GET / HTTP/1.1", "Cookie: SID=evil", Start + 200_000));
    }

    [Fact]
    public void A_request_faster_than_the_news_of_its_session_does_not_move_it()
    {
        var elsewhere = Node("other");
        var there = new SessionAffinity(Names(), Bonds("app", TimeSpan.FromMinutes(30), elsewhere));
        var here = Sessions();
        there.Answered(Response("Set-Cookie: SID=1"), _a, Start);

        here.Chosen(new AffinityRequest(Head("GET / HTTP/1.1", "Cookie: SID=1"), Client, Start + 1), _b);
        Assert.Same(_b, Find(here, "GET / HTTP/1.1", "Cookie: SID=1", Start + 1));
        Exchange(_replica, elsewhere);

        Assert.Same(_a, Find(here, "GET / HTTP/1.1", "Cookie: SID=1", Start + 2));
        Assert.Same(_a, Find(there, "GET / HTTP/1.1", "Cookie: SID=1", Start + 2));
    }

    [Fact]
    public void One_request_is_good_for_four_ids_at_most()
    {
        var sessions = Sessions();
        var cookies = string.Join("; ", Enumerable.Range(0, 100).Select(i => $"SID={i}"));

        sessions.Chosen(Request("GET / HTTP/1.1", $"Cookie: {cookies}"), _a);

        Assert.Equal(4, _replica.Journal.Head);
    }

    [Fact]
    public void What_is_kept_does_not_show_the_session()
    {
        var sessions = Sessions();
        sessions.Answered(Response("Set-Cookie: SID=topsecret"), _a, Start);
        var other = new SessionAffinity(Names(), Bonds("other-pool", TimeSpan.FromMinutes(30)));

        Assert.Equal(1, _replica.Table.Count);
        // Another pool does not find it either: its keys are other numbers.
        Assert.Null(Find(other, "GET / HTTP/1.1", "Cookie: SID=topsecret"));
    }

    [Fact]
    public void An_address_stays_with_the_member_it_was_sent_to()
    {
        var source = new SourceAffinity(Bonds("app", TimeSpan.FromMinutes(10)), new AddressPrefix(24, 64));
        Assert.Null(Find(source, "GET / HTTP/1.1", "A: b"));

        source.Chosen(Request("GET / HTTP/1.1", "A: b"), _b);

        Assert.Same(_b, Find(source, "GET / HTTP/1.1", "A: b"));
        var head = Head("GET / HTTP/1.1", "A: b");
        var neighbour = ClientAddress.FromIpv4(0x0A0000FF);
        Assert.Same(_b, source.Find(new AffinityRequest(head, neighbour, Start)).Member);
        Assert.Null(source.Find(new AffinityRequest(head, ClientAddress.FromIpv4(0x0A000101), Start)).Member);
        Assert.Null(Find(source, "GET / HTTP/1.1", "A: b", Start + (11 * 60_000)));
    }

    [Fact]
    public void The_first_kind_that_names_a_serving_member_decides()
    {
        var routes = Routes();
        var cookie = new CookieAffinity(new CookieAffinityOptions(), routes);
        var chain = new AffinityChain([cookie, Sessions()]);
        chain.Answered(Response("Set-Cookie: SID=1"), _b, Start);

        Assert.Same(_a, Find(chain, "GET / HTTP/1.1", "Cookie: ROUTEID=.a; SID=1"));
        Assert.Same(_b, Find(chain, "GET / HTTP/1.1", "Cookie: SID=1"));

        _a.Grant = Grant.None;
        var bond = chain.Find(Request("GET / HTTP/1.1", "Cookie: ROUTEID=.a; SID=1"));
        Assert.Equal((_b, _a), (bond.Member!, bond.Token!));
    }

    private static MemberState Member(string name) => new(new MemberId("app", name), $"http://{name}", 1)
    {
        Grant = new Grant(1, GrantState.Open, 100, [], "up"),
    };

    private static MemberState? Find(IAffinity affinity, string line, string field, long now = Start) =>
        affinity.Find(new AffinityRequest(Head(line, field), Client, now)).Member;

    private static AffinityRequest Request(string line, string field) => new(Head(line, field), Client, Start);

    private static RequestHead Head(string line, string field)
    {
        var bytes = Encoding.ASCII.GetBytes($"{line}\r\nHost: x\r\n{field}\r\n\r\n");
        var head = new RequestHead();
        var scanned = 0;
        Assert.Equal(
            HeadStatus.Complete,
            RequestHeadParser.Parse(bytes, 0, bytes.Length, ref scanned, head, new Http1Limits(), out _));
        return head;
    }

    private static ResponseHead Response(string fields)
    {
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n\r\n");
        var head = new ResponseHead();
        var scanned = 0;
        Assert.Equal(
            HeadStatus.Complete,
            ResponseHeadParser.Parse(bytes, 0, bytes.Length, ref scanned, head, new Http1Limits(), Method.Get, out _));
        return head;
    }

    private static SessionNames Names() => new() { Cookie = "SID", Header = "X-Session", Parameter = "sid" };

    private AffinityRoute[] Routes() => [new("a", _a), new("b", _b)];

    private static Replica Node(string name) => new(
        1, NodeTag.Of(name), new HybridClock(TimeSpan.FromSeconds(1)), new ReplicaTable(100_000),
        new WriteJournal(1024, new WriteSignal()));

    /// <summary>Each learns what the other wrote.</summary>
    private static void Exchange(Replica first, Replica second)
    {
        foreach ((Replica from, Replica to) in ((Replica, Replica)[])[(first, second), (second, first)])
        {
            var written = new ReplicatedEntry[from.Journal.Head];
            Assert.Equal(written.Length, from.Journal.Read(0, written));
            to.Apply(written, Start + 2);
        }
    }

    private LearnedBonds Bonds(string pool, TimeSpan timeout, Replica? node = null) =>
        new(node ?? _replica, new EntryHash(new byte[16]), pool, "kind", Routes(), timeout);

    private SessionAffinity Sessions(TimeSpan? timeout = null) =>
        new(Names(), Bonds("app", timeout ?? TimeSpan.FromMinutes(30)));
}
