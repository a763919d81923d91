using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Topology;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class ForwardingFieldsTests
{
    private static readonly ForwardingRule Everything = new()
    {
        Trusted = [Range("10.0.0.0/8"), Range("fd00::/8")],
        XForwardedPort = true,
        XRealIp = true,
        Forwarded = true,
    };

    [Fact]
    public void An_untrusted_peer_gets_fresh_fields_and_loses_its_own()
    {
        RequestHead head = HeadBuilder.Request(fields:
        [
            "X-Forwarded-For: 1.1.1.1", "X-Forwarded-Prefix: /x", "Forwarded: for=1.1.1.1", "X-Real-IP: 1.1.1.1",
            "Client-Cert: :AAAA:", "X-Request-Id: mine", "Accept: */*",
        ]);

        (string text, string kept, ClientAddress client) = Write(Everything, "203.0.113.5", head);

        Assert.Equal(
            """
            X-Forwarded-For: 203.0.113.5
            X-Forwarded-Proto: http
            X-Forwarded-Port: 8080
            X-Real-IP: 203.0.113.5
            X-Forwarded-Host: example.com
            Forwarded: for=203.0.113.5;proto=http;host="example.com"
            X-Request-Id: 000000000000000a000000000000000b
            Via: 1.1 proxy

            """,
            text);
        Assert.Equal("Host,Accept", kept);
        Assert.Equal("203.0.113.5", client.ToString());
    }

    [Theory]
    [InlineData("X_Forwarded_For")]
    [InlineData("x-forwarded_for")]
    [InlineData("X_REAL_IP")]
    [InlineData("Client_Cert")]
    [InlineData("Client-Cert_Chain")]
    [InlineData("X-Forwarded-Ssl")]
    [InlineData("X_Forwarded_User")]
    [InlineData("X_Request-Id")]
    public void Look_alikes_of_an_untrusted_peer_are_dropped(string name) =>
        Assert.Equal("Host", Write(Everything, "203.0.113.5", HeadBuilder.Request(fields: $"{name}: 1")).Kept);

    [Theory]
    [InlineData("X-Forward")]
    [InlineData("Forwarded_For_Me")]
    [InlineData("X-Custom_Field")]
    [InlineData("Client-Certainty")]
    public void Other_names_pass(string name) =>
        Assert.Equal($"Host,{name}", Write(Everything, "203.0.113.5", HeadBuilder.Request(fields: $"{name}: 1")).Kept);

    [Fact]
    public void A_trusted_peers_list_is_extended_and_its_other_claims_kept()
    {
        RequestHead head = HeadBuilder.Request(fields:
        [
            "X-Forwarded-For: 198.51.100.1, 203.0.113.9", "X-Forwarded-For: 10.0.0.7", "X-Forwarded-Proto: https",
            "X-Forwarded-Host: public.example", "X-Request-Id: abc-1", "X-Forwarded-Prefix: /p", "Client-Cert: :AA:",
        ]);

        (string text, string kept, ClientAddress client) = Write(Everything, "10.0.0.1", head);

        Assert.Equal(
            """
            X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.7, 10.0.0.1
            Forwarded: for=198.51.100.1, for=203.0.113.9, for=10.0.0.7, for=10.0.0.1;proto=http;host="example.com"
            X-Forwarded-Port: 8080
            X-Real-IP: 203.0.113.9
            Via: 1.1 proxy

            """,
            text);
        Assert.Equal("Host,X-Forwarded-Proto,X-Forwarded-Host,X-Request-Id,X-Forwarded-Prefix,Client-Cert", kept);
        Assert.Equal("203.0.113.9", client.ToString());
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("6.6.6.6, 203.0.113.9", "203.0.113.9")]
    [InlineData("6.6.6.6, 203.0.113.9, 10.1.1.1", "203.0.113.9")]
    [InlineData("10.2.2.2, 10.1.1.1", "10.2.2.2")]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8::1]:80", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("203.0.113.9, unknown", "10.0.0.1")]
    [InlineData("203.0.113.9, unknown, 10.1.1.1", "10.1.1.1")]
    [InlineData("1", "10.0.0.1")]
    [InlineData("0x7f.1", "10.0.0.1")]
    [InlineData("203.0.113.9 , ,", "203.0.113.9")]
    [InlineData("", "10.0.0.1")]
    [InlineData("::1%eth0", "10.0.0.1")]
    [InlineData("[203.0.113.9]", "10.0.0.1")]
    [InlineData("\", 203.0.113.9", "203.0.113.9")]
    [InlineData("\"a, 10.1.1.1, 203.0.113.9", "203.0.113.9")]
    public void The_client_is_found_from_the_right(string list, string expected) =>
        Assert.Equal(expected, Effective(Everything, "10.0.0.1", $"X-Forwarded-For: {list}"));

    [Theory]
    [InlineData("for=203.0.113.9", "203.0.113.9")]
    [InlineData("for=6.6.6.6, FOR=203.0.113.9;proto=https", "203.0.113.9")]
    [InlineData("for=203.0.113.9, for=\"[fd00::1]:80\"", "203.0.113.9")]
    [InlineData("for=\"[2001:db8::1]\"", "2001:db8::1")]
    [InlineData("by=\"x, for=6.6.6.6\";for=203.0.113.9", "203.0.113.9")]
    [InlineData("for=203.0.113.9;by=\"a\\\", for=6.6.6.6\"", "203.0.113.9")]
    [InlineData("for=203.0.113.9, for=_hidden", "10.0.0.1")]
    [InlineData("for=203.0.113.9, for=\"6.6.6.6", "10.0.0.1")]
    [InlineData("for=\", for=203.0.113.9", "203.0.113.9")]
    [InlineData("for=\", for=\"[2001:db8::1]\";proto=https", "2001:db8::1")]
    [InlineData("for=\"\\\", for=203.0.113.9;host=\"a\"", "203.0.113.9")]
    [InlineData("proto=https", "10.0.0.1")]
    public void A_forwarded_list_is_read_when_it_is_the_one_to_believe(string list, string expected) =>
        Assert.Equal(
            expected,
            Effective(
                Everything with { Chain = TrustedChain.Forwarded },
                "10.0.0.1",
                "X-Forwarded-For: 7.7.7.7",
                $"Forwarded: {list}"));

    [Fact]
    public void The_list_that_is_not_believed_never_passes_even_from_a_trusted_peer()
    {
        var rule = new ForwardingRule { Trusted = Everything.Trusted };
        RequestHead head = HeadBuilder.Request(fields: ["Forwarded: for=6.6.6.6", "X-Forwarded-For: 203.0.113.9"]);

        (string text, string kept, ClientAddress client) = Write(rule, "10.0.0.1", head);

        Assert.Equal("Host", kept);
        Assert.DoesNotContain("6.6.6.6", text, StringComparison.Ordinal);
        Assert.Equal("203.0.113.9", client.ToString());
    }

    [Fact]
    public void A_believed_forwarded_list_also_provides_the_other_fields()
    {
        ForwardingRule rule = Everything with { Chain = TrustedChain.Forwarded };
        RequestHead head = HeadBuilder.Request(fields:
        [
            "Forwarded: for=\"[2001:db8::1]\", for=_x;proto=https;host=\"public.example:8443\"",
            "X-Forwarded-Host: evil",
        ]);

        (string text, _, _) = Write(rule, "10.0.0.1", head);

        Assert.Contains("X-Forwarded-For: 2001:db8::1, unknown, 10.0.0.1\n", text, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Proto: https", text, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Host: public.example:8443", text, StringComparison.Ordinal);
        Assert.Contains(", for=10.0.0.1;proto=http;host=\"example.com\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_quote_of_a_client_cannot_swallow_the_element_of_this_hop()
    {
        ForwardingRule rule = Everything with { Chain = TrustedChain.Forwarded };
        RequestHead head = HeadBuilder.Request(fields: "Forwarded: for=\", for=203.0.113.9");

        (string text, _, _) = Write(rule, "10.0.0.1", head);

        Assert.Contains(
            "Forwarded: for=unknown, for=203.0.113.9, for=10.0.0.1;proto=http;host=\"example.com\"\n",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Ipv6_is_quoted_in_forwarded_and_plain_elsewhere()
    {
        (string text, _, _) = Write(Everything, "2001:db8::1", HeadBuilder.Request(host: "[::1]:8080"));

        Assert.Contains("X-Forwarded-For: 2001:db8::1\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "Forwarded: for=\"[2001:db8::1]\";proto=http;host=\"[::1]:8080\"\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Via_keeps_the_earlier_hops_in_front()
    {
        RequestHead head = HeadBuilder.Request(fields: ["Via: 1.0 a", "Via: 1.1 b (x)"]);
        head.IsHttp10 = true;

        (string text, string kept, _) = Write(Everything, "203.0.113.5", head);

        Assert.Contains("Via: 1.0 a, 1.1 b (x), 1.0 proxy\n", text, StringComparison.Ordinal);
        Assert.Equal("Host", kept);
    }

    [Theory]
    [InlineData("1.1 a, 1.1 proxy", false)]
    [InlineData("1.1 a, 1.1 node-7 (Proxy)", true)]
    [InlineData("1.1 x, 1.1 NODE-7", true)]
    [InlineData("1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy", false)]
    [InlineData("1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy,1.1 proxy", true)]
    public void A_request_that_comes_round_again_is_noticed(string via, bool loop) =>
        Assert.Equal(loop, new ViaLoop("proxy", "node-7").IsLoop(HeadBuilder.Request(fields: $"Via: {via}")));

    [Theory]
    [InlineData("203.0.113.5", false, "example.com")]
    [InlineData("10.0.0.1", true, "public.example")]
    public void Scheme_and_host_of_the_client_are_believed_from_trusted_peers_only(string peer, bool tls, string host)
    {
        var fields = new ForwardingFields(Everything);
        ForwardingConnection connection = fields.PrepareConnection(Address(peer), 1, tls: false, 80);
        RequestHead head = HeadBuilder.Request(
            fields: ["X-Forwarded-Proto: https", "X-Forwarded-Host: public.example"]);

        Assert.Equal(tls, fields.IsClientTls(connection, head));
        Assert.Equal(host, Encoding.ASCII.GetString(fields.ClientAuthority(connection, head)));
    }

    [Fact]
    public void A_host_that_is_none_is_not_passed_on()
    {
        var fields = new ForwardingFields(Everything);
        ForwardingConnection connection = fields.PrepareConnection(Address("10.0.0.1"), 1, tls: false, 80);
        RequestHead head = HeadBuilder.Request(host: "a\"b", fields: "X-Forwarded-Host: x/y");

        Assert.Equal(0, fields.ClientAuthority(connection, head).Length);
        Assert.DoesNotContain(
            "Host", Write(Everything, "203.0.113.5", HeadBuilder.Request(host: "a\"b")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_an_edit_replaces_is_neither_written_nor_kept()
    {
        RequestHead head = HeadBuilder.Request(fields: "X-Forwarded-Proto: gopher");

        (string text, string kept, _) =
            Write(Everything, "203.0.113.5", head, suppress: 1UL << (int)HeaderId.XForwardedProto);

        Assert.DoesNotContain("Proto", text, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 203.0.113.5\n", text, StringComparison.Ordinal);
        Assert.Equal("Host", kept);
    }

    [Theory]
    [InlineData("ok-1.2_3:4", true)]
    [InlineData("", false)]
    [InlineData("has space", false)]
    [InlineData("quote\"", false)]
    public void A_request_id_is_kept_from_a_trusted_peer_when_it_is_sane(string id, bool kept)
    {
        (string text, _, _) = Write(Everything, "10.0.0.1", HeadBuilder.Request(fields: $"X-Request-Id: {id}"));

        Assert.Equal(!kept, text.Contains("X-Request-Id: 000000000000000a000000000000000b", StringComparison.Ordinal));
    }

    [Fact]
    public void Request_ids_of_one_source_count_up()
    {
        var source = new RequestIdSource(0xABC);

        Assert.Equal("0000000000000abc0000000000000001", source.Next().ToString());
        Assert.Equal("0000000000000abc0000000000000002", source.Next().ToString());
    }

    [Fact]
    public void Fields_that_do_not_fit_are_reported()
    {
        var fields = new ForwardingFields(Everything);
        ForwardingConnection connection = fields.PrepareConnection(Address("203.0.113.5"), 1, tls: false, 80);

        Assert.Equal(-1, fields.Write(connection, HeadBuilder.Request(), default, new byte[50], out _, out _));
    }

    [Fact]
    public void Random_claims_never_break_a_line_or_throw()
    {
        const int seed = 21;
        var random = new Random(seed);
        string[] parts =
        [
            "for=", "1.2.3.4", ",", ";", "\"", "[", "]", ":", "10.0.0.2", "::1", "\\", " ", "proto=", "host=", "x", "=",
        ];
        foreach (TrustedChain chain in Enum.GetValues<TrustedChain>())
        {
            for (int round = 0; round < 5_000; round++)
            {
                string value = string.Concat(Enumerable.Range(0, 9).Select(_ => parts[random.Next(parts.Length)]));
                RequestHead head = HeadBuilder.Request(fields: [$"Forwarded: {value}", $"X-Forwarded-For: {value}"]);

                (string text, _, _) = Write(Everything with { Chain = chain }, "10.0.0.1", head);

                Assert.True(text.Count(c => c == '\n') is >= 6 and <= 8, $"seed {seed} round {round}: {value}: {text}");
            }
        }
    }

    [Fact]
    public void Writing_for_an_untrusted_peer_does_not_allocate()
    {
        var fields = new ForwardingFields(Everything);
        ForwardingConnection connection = fields.PrepareConnection(Address("203.0.113.5"), 1, tls: false, 80);
        RequestHead head = HeadBuilder.Request(fields: ["Accept: */*", "X_Real_IP: 1"]);
        byte[] output = new byte[1024];
        fields.Write(connection, head, default, output, out _, out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            fields.Write(connection, head, default, output, out _, out _);
        }

        // Per request; a collection in another test makes this thread's count jump by up to 8 KB.
        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000);
    }

    private static (string Text, string Kept, ClientAddress Client) Write(
        ForwardingRule rule, string peer, RequestHead head, ulong suppress = 0)
    {
        var fields = new ForwardingFields(rule);
        ForwardingConnection connection = fields.PrepareConnection(Address(peer), 5555, tls: false, 8080);
        byte[] output = new byte[4096];
        int length = fields.Write(
            connection, head, new RequestId(10, 11), output, out ulong drop, out ClientAddress client, suppress);
        string text = Encoding.Latin1.GetString(output, 0, length);
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        IEnumerable<string> kept = Enumerable.Range(0, head.FieldCount)
            .Where(i => !head.Fields[i].HopByHop && (drop & (1UL << (int)head.Fields[i].Id)) == 0)
            .Select(i => Encoding.Latin1.GetString(head.Name(i)));
        return (text.Replace("\r\n", "\n", StringComparison.Ordinal), string.Join(',', kept), client);
    }

    private static string Effective(ForwardingRule rule, string peer, params string[] lines)
    {
        var fields = new ForwardingFields(rule);
        ForwardingConnection connection = fields.PrepareConnection(Address(peer), 5555, tls: false, 8080);
        return fields.EffectiveClient(connection, HeadBuilder.Request(fields: lines)).ToString();
    }

    private static ClientAddress Address(string text) => ClientAddress.From(System.Net.IPAddress.Parse(text));

    private static AddressRange Range(string text)
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range));
        return range;
    }
}
