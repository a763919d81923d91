using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>The client's side of a session: what an origin may answer, and what it may not.</summary>
public sealed class ClientSessionTests
{
    [Fact]
    public void It_speaks_first_and_wants_no_pushes()
    {
        var rig = new ClientRig(started: false);

        byte[] said = rig.Session.Output!;
        Assert.True(said.AsSpan().StartsWith(Http2Wire.Preface));
        List<Http2Frame> frames = Http2Wire.Read(said.AsSpan(24, rig.Session.OutputCount - 24), out _);
        Assert.Equal(Http2Wire.Settings, frames[0].Type);
        Assert.Contains(Settings(frames[0]), one => one is { Id: 2, Value: 0 });
        Assert.DoesNotContain(Settings(frames[0]), one => one.Id is 3 or 8);
    }

    [Fact]
    public void A_request_becomes_a_block_without_what_belongs_to_connections()
    {
        var rig = new ClientRig();
        rig.Ask(
            "POST /a?b HTTP/1.1\r\nX-One: 1\r\nHost: a.test\r\nConnection: TE\r\nTE: trailers\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n",
            endStream: false);

        Http2Frame head = rig.Sent().Single();
        Assert.Equal(Http2Wire.EndHeaders, head.Flags);
        // A server of ours reads it as the same request.
        var server = new SessionRig();
        server.Receive(Http2Wire.Frame(head.Type, head.Flags, head.Stream, head.Payload));
        Assert.Equal(
            "POST /a?b HTTP/1.1\r\nhost: a.test\r\nx-one: 1\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n",
            server.Streams[0].Head);
    }

    [Fact]
    public void Responses_come_as_text_with_interim_heads_and_trailers()
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker one = rig.Ask();

        rig.Receive(ClientRig.Response(1, end: false, (":status", "103"), ("link", "x")));
        rig.Receive(ClientRig.Response(1, end: false, (":status", "200"), ("a", "b")));
        rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, "hello"u8.ToArray()));
        rig.Receive(ClientRig.Response(1, end: true, ("x-sum", "1")));

        Assert.Equal(
            ["HTTP/1.1 103 \r\nlink: x\r\n\r\n", "HTTP/1.1 200 \r\na: b\r\ntransfer-encoding: chunked\r\n\r\n"],
            one.Heads);
        Assert.Equal("hello", one.Body);
        Assert.Equal("x-sum: 1\r\n", one.Trailers);
        Assert.True(one.Ended);
        Assert.Equal(0, rig.Session.OpenStreams);
        Assert.Null(rig.ConnectionError);
    }

    [Fact]
    public void What_the_origin_did_not_look_at_may_be_sent_again()
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker[] asked = [rig.Ask(), rig.Ask(), rig.Ask(), rig.Ask()];

        rig.Receive(Http2Wire.Frame(Http2Wire.Rst, 0, 1, Http2Wire.Number((int)Http2Error.RefusedStream)));
        rig.Receive(Http2Wire.Frame(Http2Wire.Rst, 0, 3, Http2Wire.Number((int)Http2Error.Cancel)));
        rig.Receive(Http2Wire.Frame(Http2Wire.GoAway, 0, 0, [.. Http2Wire.Number(5), .. Http2Wire.Number(0)]));

        Assert.Equal([true, false, false, true], asked.Select(static one => one.Unprocessed));
        Assert.Equal([true, true, false, true], asked.Select(static one => one.Reset is not null));
        Assert.False(rig.Session.CanOpen);
        Assert.Equal(1, rig.Session.OpenStreams);
        rig.Receive(ClientRig.Response(5, end: true, (":status", "204")));
        Assert.True(asked[2].Ended);
    }

    public static TheoryData<string, (string, string)[]> MalformedHeads => new()
    {
        { "no status", [("a", "b")] },
        { "two statuses", [(":status", "200"), (":status", "200")] },
        { "a status that is none", [(":status", "2x0")] },
        { "a status of four digits", [(":status", "2000")] },
        { "switching protocols", [(":status", "101")] },
        { "a pseudo-field behind a field", [("a", "b"), (":status", "200")] },
        { "a pseudo-field of a request", [(":status", "200"), (":path", "/")] },
        { "a name in capitals", [(":status", "200"), ("Name", "b")] },
        { "a name with a line break", [(":status", "200"), ("a\r\nb", "b")] },
        { "a value with a line break", [(":status", "200"), ("a", "b\r\nc: d")] },
        { "a value with NUL", [(":status", "200"), ("a", "b\0")] },
        { "a field of a connection", [(":status", "200"), ("connection", "close")] },
        { "a transfer coding", [(":status", "200"), ("transfer-encoding", "chunked")] },
        { "an upgrade", [(":status", "200"), ("upgrade", "h2c")] },
    };

    [Theory]
    [MemberData(nameof(MalformedHeads))]
    public void A_malformed_head_ends_its_stream_and_no_other(string what, (string, string)[] fields)
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker bad = rig.Ask();
        ClientRig.ResponseTaker good = rig.Ask();

        rig.Receive(ClientRig.Response(1, end: false, fields));
        rig.Receive(ClientRig.Response(3, end: true, (":status", "200")));

        Assert.True(bad.Reset == Http2Error.Protocol, what);
        Assert.Empty(bad.Heads);
        Assert.True(good.Ended);
        Http2Frame reset = rig.Sent().Single(static frame => frame.Type == Http2Wire.Rst);
        Assert.Equal((1, (int)Http2Error.Protocol), (reset.Stream, reset.Error));
    }

    public static TheoryData<string, byte[]> Nonsense => new()
    {
        { "a push", Http2Wire.Frame(Http2Wire.PushPromise, 4, 1, [0, 0, 0, 2, .. Http2Wire.Block((":method", "GET"))]) },
        { "a head for a stream never opened", ClientRig.Response(9, end: true, (":status", "200")) },
        { "a head for a stream of its own", ClientRig.Response(2, end: true, (":status", "200")) },
        { "payload for a stream never opened", Http2Wire.Frame(Http2Wire.Data, 0, 9, 1) },
        { "leave to push", Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(2, 1)) },
        { "a reset of a stream never opened", Http2Wire.Frame(Http2Wire.Rst, 0, 9, Http2Wire.Number(0)) },
        { "a block that cannot be decoded", Http2Wire.Frame(Http2Wire.Headers, 5, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void What_no_server_may_say_ends_the_connection(string what, byte[] frame)
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker one = rig.Ask();

        Assert.False(rig.Receive(frame), what);

        Assert.NotNull(rig.ConnectionError);
        Assert.NotNull(one.Reset);
        Assert.False(one.Unprocessed);
        Assert.Contains(rig.Sent(), static sent => sent.Type == Http2Wire.GoAway);
    }

    [Fact]
    public void Payload_before_a_head_is_a_fault_of_the_stream()
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker one = rig.Ask();

        rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, 1, 2));

        Assert.Equal(Http2Error.Protocol, one.Reset);
        Assert.Null(rig.ConnectionError);
    }

    [Fact]
    public void A_late_answer_to_a_stream_given_up_is_ignored()
    {
        var rig = new ClientRig();
        ClientRig.ResponseTaker one = rig.Ask();
        rig.Session.Reset(one.Stream, Http2Error.Cancel);

        rig.Receive(ClientRig.Response(1, end: false, (":status", "200")));
        rig.Receive(Http2Wire.Frame(Http2Wire.Data, 1, 1, 1, 2));

        Assert.Empty(one.Heads);
        Assert.Null(rig.ConnectionError);
    }

    [Fact]
    public void The_peers_limit_of_streams_is_known()
    {
        var rig = new ClientRig();
        Assert.Equal(100, rig.Session.PeerMaxStreams);

        rig.Receive(Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(3, 7)));

        Assert.Equal(7, rig.Session.PeerMaxStreams);
    }

    [Fact]
    public void A_slow_stream_does_not_use_up_the_connection()
    {
        var rig = new ClientRig();
        rig.Ask();
        rig.Receive(ClientRig.Response(1, end: false, (":status", "200")));
        for (int i = 0; i < 40; i++)
        {
            rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, new byte[16_000]));
            rig.Session.CreditConnection(16_000);
            if (i == 15)
            {
                // The stream's own window is used up; nothing has been given back for it.
                Assert.DoesNotContain(rig.Sent(), static one => one is { Type: Http2Wire.WindowUpdate, Stream: 1 });
                break;
            }
        }

        Assert.Null(rig.ConnectionError);
    }

    private static IEnumerable<(int Id, int Value)> Settings(Http2Frame frame)
    {
        for (int i = 0; i < frame.Payload.Length; i += 6)
        {
            yield return (
                (frame.Payload[i] << 8) | frame.Payload[i + 1],
                System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(i + 2)));
        }
    }
}
