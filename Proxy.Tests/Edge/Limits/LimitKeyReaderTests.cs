using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Limits;

public sealed class LimitKeyReaderTests
{
    private static readonly ClientAddress Client = ClientAddress.FromIpv4(0x0A000001);

    [Theory]
    [InlineData(LimitKeyKind.Header, "X-Key", "X-Key: one", "x-key: one", true)]
    [InlineData(LimitKeyKind.Header, "X-Key", "X-Key: one", "X-Key: two", false)]
    [InlineData(LimitKeyKind.Header, "X-Key", "X-Key: one", "A: b", false)]
    [InlineData(LimitKeyKind.Header, "X-Key", "A: b", "C: d", true)]
    [InlineData(LimitKeyKind.Cookie, "sid", "Cookie: a=b; sid=1", "Cookie: sid=1; c=d", true)]
    [InlineData(LimitKeyKind.Cookie, "sid", "Cookie: sid=1", "Cookie: sid=2", false)]
    [InlineData(LimitKeyKind.Cookie, "sid", "Cookie: sid=1", "Cookie: SID=1", false)]
    [InlineData(LimitKeyKind.ClientAddress, "", "A: b", "C: d", true)]
    [InlineData(LimitKeyKind.Global, "", "A: b", "C: d", true)]
    public void Requests_count_together_when_what_is_counted_is_equal(
        LimitKeyKind kind, string name, string one, string other, bool same)
    {
        var reader = Reader(new LimitKey(kind, name));

        Assert.Equal(same, reader.Read(Head(one), default, Client) == reader.Read(Head(other), default, Client));
    }

    [Fact]
    public void A_header_cannot_spell_somebody_elses_address()
    {
        var reader = Reader(new LimitKey(LimitKeyKind.Header, "X-Key") { Prefix = new AddressPrefix(32, 128) });
        var client = Parse("4142:4344:4546:4748:494a:4b4c:4d4e:4f50");

        Assert.NotEqual(
            reader.Read(Head("A: b"), default, client), reader.Read(Head("X-Key: ABCDEFGHIJKLMNOP"), default, Client));
    }

    [Fact]
    public void Paths_are_compared_in_their_normal_form()
    {
        var reader = Reader(new LimitKey(LimitKeyKind.Path));

        Assert.Equal(
            reader.Read(Head("A: b"), new NormalizedPath("/x"u8, "/x;y"u8), Client),
            reader.Read(Head("C: d"), new NormalizedPath("/x"u8), ClientAddress.Unknown));
        Assert.NotEqual(
            reader.Read(Head("A: b"), new NormalizedPath("/x"u8), Client),
            reader.Read(Head("A: b"), new NormalizedPath("/y"u8), Client));
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.4", 32, 64, false)]
    [InlineData("10.1.2.3", "10.1.2.4", 24, 64, true)]
    [InlineData("10.1.2.3", "11.1.2.3", 0, 64, true)]
    [InlineData("2001:db8::1", "2001:db8::ffff", 32, 64, true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", 32, 64, false)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", 32, 56, true)]
    [InlineData("2001:db8::1", "2001:db8::2", 32, 128, false)]
    [InlineData("2001:db8::8001", "2001:db8::8002", 32, 112, true)]
    public void An_address_counts_by_its_prefix(string one, string other, int v4, int v6, bool same)
    {
        var reader = Reader(new LimitKey(LimitKeyKind.ClientAddress) { Prefix = new AddressPrefix(v4, v6) });

        Assert.Equal(
            same, reader.Read(Head("A: b"), default, Parse(one)) == reader.Read(Head("A: b"), default, Parse(other)));
    }

    /// <summary>All nodes find the same owner, and one that leaves moves no keys but its own.</summary>
    [Fact]
    public void Owners_are_spread_and_stay_when_others_go()
    {
        ulong[] nodes = [111, 222, 333, 444];
        var four = new LimitOwners(nodes, 0, new bool[4]);
        var three = new LimitOwners(nodes[..3], 0, new bool[3]);
        var random = new Random(1);
        var counts = new int[4];
        for (var i = 0; i < 4000; i++)
        {
            var key = (ulong)random.NextInt64();
            var owner = four.OwnerOf(key);
            counts[owner]++;
            if (owner != 3)
            {
                Assert.Equal(owner, three.OwnerOf(key));
            }
        }

        Assert.All(counts, count => Assert.InRange(count, 900, 1100));
    }

    private static LimitKeyReader Reader(LimitKey key) => new(key, new EntryHash(new byte[16]), 7);

    private static ClientAddress Parse(string text)
    {
        Assert.True(ClientAddress.TryParse(Encoding.ASCII.GetBytes(text), out var address));
        return address;
    }

    private static RequestHead Head(string field)
    {
        var bytes = Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n");
        var head = new RequestHead();
        var scanned = 0;
        RequestHeadParser.Parse(bytes, 0, bytes.Length, ref scanned, head, new Http1Limits(), out _);
        return head;
    }
}
