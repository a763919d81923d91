using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>Windows, priorities, leaving, and everything a peer might send to cost us more than it costs
/// itself.</summary>
public sealed class SessionTests
{
    [Fact]
    public void Payload_stays_within_both_windows_and_goes_on_when_they_open()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Get(1));
        Http2Stream stream = rig.Streams[0].Stream;
        rig.Session.SendHead(stream, 200, default, endStream: false);
        rig.Session.SendData(stream, new byte[100_000], 0, 100_000, endStream: true);

        Assert.Equal(65535, PayloadOf(rig.Sent(), 1));
        Assert.Equal(100_000 - 65535, stream.UnsentBytes);
        rig.Receive(Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 1, Http2Wire.Number(100_000)));
        Assert.Equal(0, PayloadOf(rig.Sent(), 1));
        rig.Receive(Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(100_000)));

        List<Http2Frame> rest = rig.Sent();
        Assert.Equal(100_000 - 65535, PayloadOf(rest, 1));
        Assert.Equal(Http2Wire.EndStream, rest[^1].Flags);
        Assert.Equal(1, rig.Streams[0].Writable);
        Assert.Equal(0, rig.Session.OpenStreams);
        Assert.Equal(0, rig.Buffers.RentedBytes);
    }

    [Fact]
    public void A_smaller_initial_window_may_make_a_streams_window_negative()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Get(1));
        Http2Stream stream = rig.Streams[0].Stream;
        rig.Session.SendData(stream, new byte[60_000], 0, 60_000, endStream: false);
        rig.Sent();

        rig.Receive(Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(4, 1000)));
        rig.Session.SendData(stream, new byte[10], 0, 10, endStream: false);
        rig.Receive(Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 1, Http2Wire.Number(58_999)));
        Assert.Equal(0, PayloadOf(rig.Sent(), 1));
        rig.Receive(Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 1, Http2Wire.Number(500)));

        Assert.Equal(10, PayloadOf(rig.Sent(), 1));
    }

    [Fact]
    public void What_is_urgent_goes_first_and_incremental_streams_take_turns()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(4, 1 << 20)));
        rig.Receive(Http2Wire.Get(1, "/late", ("priority", "u=6")));
        rig.Receive(Http2Wire.Get(3, "/a", ("priority", "u=2, i")));
        rig.Receive(Http2Wire.Get(5, "/b", ("priority", "u=2, i")));
        rig.Session.SetBlocked(true);
        foreach (SessionRig.Taker taker in rig.Streams)
        {
            rig.Session.SendData(taker.Stream, new byte[20_000], 0, 20_000, endStream: true);
        }

        rig.Sent();
        rig.Session.SetBlocked(false);

        int[] order = [.. rig.Sent().Where(static frame => frame.Type == Http2Wire.Data).Select(static f => f.Stream)];
        Assert.Equal([3, 5, 3, 5, 1, 1], order);
    }

    [Fact]
    public void What_was_used_is_given_back_in_halves_of_a_window()
    {
        var rig = new SessionRig(new Http2Limits { StreamWindow = 70_000, ConnectionWindow = 200_000 });
        rig.Receive(Http2Wire.Post(1));
        Http2Stream stream = rig.Streams[0].Stream;
        for (int i = 0; i < 3; i++)
        {
            rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, new byte[16_000]));
        }

        rig.Session.Consume(stream, 30_000);
        Assert.Empty(rig.Sent());
        rig.Session.Consume(stream, 10_000);

        Http2Frame update = Assert.Single(rig.Sent());
        Assert.Equal((Http2Wire.WindowUpdate, 1), (update.Type, update.Stream));
        Assert.Equal(Http2Wire.Number(40_000), update.Payload);
    }

    [Fact]
    public void A_peer_that_sends_more_than_the_streams_window_loses_the_stream()
    {
        var rig = new SessionRig(new Http2Limits { StreamWindow = 65_535 });
        rig.Receive(Http2Wire.Post(1));

        for (int i = 0; i < 5; i++)
        {
            rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, new byte[16_000]));
        }

        Assert.Equal(Http2Error.FlowControl, rig.Streams[0].Reset);
        Assert.Null(rig.ConnectionError);
    }

    [Fact]
    public void Leaving_takes_two_steps_so_that_no_request_on_its_way_is_lost()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Get(1));

        rig.Session.Drain();
        List<Http2Frame> first = rig.Sent();
        rig.Receive(Http2Wire.Get(3));
        rig.Receive(Http2Wire.Frame(Http2Wire.Ping, 1, 0, first[1].Payload));
        List<Http2Frame> second = rig.Sent();
        rig.Receive(Http2Wire.Get(5));

        Assert.Equal(int.MaxValue, LastStream(first[0]));
        Assert.Equal(3, LastStream(second[0]));
        Assert.Equal(2, rig.Streams.Count);
    }

    [Fact]
    public void Streams_above_the_limit_are_refused_and_may_be_tried_again()
    {
        var rig = new SessionRig(new Http2Limits { MaxStreams = 2 });

        rig.Receive([.. Http2Wire.Post(1), .. Http2Wire.Post(3), .. Http2Wire.Post(5)]);

        Http2Frame reset = Assert.Single(rig.Sent());
        Assert.Equal((Http2Wire.Rst, 5, (int)Http2Error.RefusedStream), (reset.Type, reset.Stream, reset.Error));
    }

    [Fact]
    public void Rapid_reset_ends_the_connection()
    {
        var rig = new SessionRig();

        int opened = 0;
        for (int id = 1; rig.ConnectionError is null && id < 4001; id += 2)
        {
            opened++;
            rig.Receive([.. Http2Wire.Get(id), .. Http2Wire.Frame(Http2Wire.Rst, 0, id, Http2Wire.Number(8))]);
        }

        Assert.StartsWith("EnhanceYourCalm", rig.ConnectionError, StringComparison.Ordinal);
        Assert.InRange(opened, 1, 201);
        Assert.Equal(Http2Wire.GoAway, rig.Sent()[^1].Type);
    }

    [Fact]
    public void Resets_spread_over_time_are_forgiven()
    {
        var rig = new SessionRig();

        for (int id = 1; id < 2001; id += 2)
        {
            rig.Now += 100_000;
            rig.Receive([.. Http2Wire.Get(id), .. Http2Wire.Frame(Http2Wire.Rst, 0, id, Http2Wire.Number(8))]);
        }

        Assert.Null(rig.ConnectionError);
    }

    public static TheoryData<string, byte[]> Floods() => new()
    {
        { "PING", Http2Wire.Frame(Http2Wire.Ping, 0, 0, new byte[8]) },
        { "SETTINGS", Http2Wire.Frame(Http2Wire.Settings, 0, 0) },
        { "empty DATA", Http2Wire.Frame(Http2Wire.Data, 0, 1) },
        { "PRIORITY", Http2Wire.Frame(Http2Wire.Priority, 0, 1, new byte[5]) },
        { "WINDOW_UPDATE by one", Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 1, Http2Wire.Number(1)) },
        { "unknown frames", Http2Wire.Frame(0x77, 0, 0) },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public void A_flood_ends_the_connection_and_the_answers_stay_bounded(string what, byte[] frame)
    {
        var rig = new SessionRig(new Http2Limits { MaxIdleFrames = 100 });
        rig.Receive(Http2Wire.Post(1));

        for (int i = 0; i < 200 && rig.ConnectionError is null; i++)
        {
            rig.Receive(frame);
        }

        Assert.True(rig.ConnectionError?.StartsWith("EnhanceYourCalm", StringComparison.Ordinal), what);
        Assert.InRange(rig.Session.OutputCount, 1, 100 * 20);
    }

    [Fact]
    public void A_continuation_flood_ends_the_connection_with_bounded_memory()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 0, 1, Http2Wire.Block(Http2Wire.Pseudo("GET", "/"))));

        for (int i = 0; i < 1000 && rig.ConnectionError is null; i++)
        {
            rig.Receive(Http2Wire.Frame(Http2Wire.Continuation, 0, 1, new byte[10]));
        }

        Assert.StartsWith("EnhanceYourCalm", rig.ConnectionError, StringComparison.Ordinal);
        rig.Sent();
        Assert.Equal(0, rig.Buffers.RentedBytes);
    }

    [Fact]
    public void A_header_block_that_never_ends_is_given_up_after_ten_seconds()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 0, 1, Http2Wire.Block(Http2Wire.Pseudo("GET", "/"))));
        Assert.Equal(rig.Now + 10_000_000, rig.Session.NextDeadline);

        rig.Now += 10_000_001;
        rig.Session.OnTimer(rig.Now);

        Assert.StartsWith("EnhanceYourCalm", rig.ConnectionError, StringComparison.Ordinal);
    }

    [Fact]
    public void An_hpack_bomb_is_counted_by_what_it_becomes()
    {
        var rig = new SessionRig();
        byte[] large = [0x40, 1, (byte)'x', 127, 0xA1, 0x1E, .. Enumerable.Repeat((byte)'a', 4000)];
        byte[] block = [.. Http2Wire.Block(Http2Wire.Pseudo("GET", "/")), .. large, .. Enumerable.Repeat((byte)0xBE, 12_000)];

        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 5, 1, block[..16_000]));

        Assert.Empty(rig.Streams);
        Assert.Null(rig.ConnectionError);
        Assert.Equal(Http2Wire.Headers, rig.Sent()[0].Type);
        Assert.Equal(0, rig.Buffers.RentedBytes);
    }

    [Fact]
    public void Silence_is_asked_about_and_then_ends_the_connection()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Frame(Http2Wire.Settings, 1, 0));
        rig.Now += 60_000_001;

        rig.Session.OnTimer(rig.Now);
        Assert.Equal(Http2Wire.Ping, Assert.Single(rig.Sent()).Type);
        rig.Now += 20_000_001;
        rig.Session.OnTimer(rig.Now);

        Assert.StartsWith("None: PING", rig.ConnectionError, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_are_never_acknowledged_end_the_connection()
    {
        var rig = new SessionRig();
        rig.Now += 20_000_001;

        rig.Session.OnTimer(rig.Now);

        Assert.StartsWith("SettingsTimeout", rig.ConnectionError, StringComparison.Ordinal);
    }

    public static TheoryData<string, Http2Error, byte[]> ConnectionErrors() => new()
    {
        { "DATA on stream 0", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Data, 0, 9, 1) },
        { "HEADERS on an even stream", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Headers, 5, 2, 0x82) },
        { "HEADERS on stream 0", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Headers, 5, 0, 0x82) },
        { "CONTINUATION alone", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Continuation, 4, 1, 0x82) },
        { "PUSH_PROMISE", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.PushPromise, 4, 1, 0, 0, 0, 2) },
        { "a frame too large", Http2Error.FrameSize, Http2Wire.Frame(Http2Wire.Data, 0, 1, new byte[16_385]) },
        { "RST_STREAM of 3 bytes", Http2Error.FrameSize, Http2Wire.Frame(Http2Wire.Rst, 0, 1, 0, 0, 0) },
        { "RST_STREAM of an idle stream", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Rst, 0, 7, 0, 0, 0, 8) },
        { "SETTINGS on a stream", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Settings, 0, 1) },
        { "SETTINGS of 5 bytes", Http2Error.FrameSize, Http2Wire.Frame(Http2Wire.Settings, 0, 0, new byte[5]) },
        {
            "an acknowledgement with a payload", Http2Error.FrameSize,
            Http2Wire.Frame(Http2Wire.Settings, 1, 0, new byte[6])
        },
        {
            "an initial window of 2^31", Http2Error.FlowControl,
            Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(4, int.MinValue))
        },
        {
            "a frame size of 1", Http2Error.Protocol,
            Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(5, 1))
        },
        { "push of 2", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(2, 2)) },
        { "PING of 7 bytes", Http2Error.FrameSize, Http2Wire.Frame(Http2Wire.Ping, 0, 0, new byte[7]) },
        { "GOAWAY of 7 bytes", Http2Error.FrameSize, Http2Wire.Frame(Http2Wire.GoAway, 0, 0, new byte[7]) },
        {
            "WINDOW_UPDATE by 0", Http2Error.Protocol,
            Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(0))
        },
        {
            "WINDOW_UPDATE over 2^31", Http2Error.FlowControl,
            Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(int.MaxValue))
        },
        { "padding longer than the frame", Http2Error.Protocol, Http2Wire.Frame(Http2Wire.Headers, 13, 1, 9, 0x82) },
        { "a header block that cannot be decoded", Http2Error.Compression, Http2Wire.Frame(1, 5, 1, 0x80) },
        {
            "a header block interrupted", Http2Error.Protocol,
            [.. Http2Wire.Frame(Http2Wire.Headers, 0, 1, 0x82), .. Http2Wire.Frame(Http2Wire.Ping, 0, 0, new byte[8])]
        },
    };

    [Theory]
    [MemberData(nameof(ConnectionErrors))]
    public void A_connection_error_is_said_with_goaway(string what, Http2Error error, byte[] bytes)
    {
        var rig = new SessionRig();

        rig.Receive(bytes);

        Assert.True(rig.ConnectionError?.StartsWith($"{error}:", StringComparison.Ordinal), $"{what}: {rig.ConnectionError}");
        Http2Frame last = rig.Sent()[^1];
        Assert.Equal((Http2Wire.GoAway, (int)error), (last.Type, last.Error));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]
    public void Something_that_is_no_preface_is_a_connection_error(string text)
    {
        var rig = new SessionRig(started: false);

        Assert.False(rig.Receive(System.Text.Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void Payload_behind_the_end_of_a_stream_resets_it()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Get(1));

        rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, 1));

        Assert.Equal(Http2Error.StreamClosed, rig.Streams[0].Reset);
    }

    [Fact]
    public void Any_segmentation_gives_the_same_calls()
    {
        byte[] all =
        [
            .. Http2Wire.Start, .. Http2Wire.Post(1, "/a", ("content-length", "5")),
            .. Http2Wire.Frame(Http2Wire.Data, 1, 1, "hello"u8.ToArray()),
            .. Http2Wire.Frame(Http2Wire.Headers, 1, 3, Http2Wire.Block(Http2Wire.Pseudo("GET", "/b"))),
            .. Http2Wire.Frame(Http2Wire.Continuation, 4, 3, Http2Wire.Block(("x", "y"))),
            .. Http2Wire.Post(5), .. Http2Wire.Frame(Http2Wire.Data, 8, 5, [3, .. "abc"u8, 0, 0, 0]),
            .. Http2Wire.Frame(Http2Wire.Headers, 5, 5, Http2Wire.Block(("t", "1"))),
        ];
        string whole = Run(all, new Random(0), all.Length);
        for (int seed = 1; seed <= 200; seed++)
        {
            Assert.Equal(whole, Run(all, new Random(seed), 1 + (seed % 40)));
        }

        static string Run(byte[] bytes, Random random, int most)
        {
            var rig = new SessionRig(started: false);
            for (int at = 0; at < bytes.Length;)
            {
                int take = Math.Min(bytes.Length - at, most == bytes.Length ? most : random.Next(1, most + 1));
                rig.Receive(bytes[at..(at + take)]);
                at += take;
            }

            return string.Join(
                '|', rig.Streams.Select(static one => $"{one.Head}{one.Body}{one.Trailers}{one.Ended}{one.Reset}"));
        }
    }

    private static int PayloadOf(List<Http2Frame> frames, int stream) =>
        frames.Where(frame => frame.Type == Http2Wire.Data && frame.Stream == stream).Sum(static f => f.Payload.Length);

    private static int LastStream(Http2Frame frame)
    {
        Assert.Equal(Http2Wire.GoAway, frame.Type);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
    }
}
