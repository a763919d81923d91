using System.Text;
using Proxy.Edge.Engine;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Edge.Tls;

/// <summary>A server's channel against clients that do what TLS 1.3 allows and what it does not, before and after
/// OpenSSL has left the connection.</summary>
public sealed class TlsChannelTests
{
    private const byte AlertType = 21;
    private const byte Handshake = 22;
    private const byte Application = 23;
    private const int UnexpectedMessage = 10;
    private const int BadRecordMac = 20;

    [Fact]
    public void Any_number_of_wishes_for_new_keys_is_answered_once_before_the_next_data()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        var flood = new List<byte>();
        while (flood.Count < 120 * 1024)
        {
            for (int i = 0; i < 32; i++)
            {
                flood.AddRange(rig.Update(asked: true));
            }

            flood.AddRange(rig.Record(Application, "x"u8));
        }

        rig.Give([.. flood]);
        byte[] atOnce = rig.Wire.TakeSent();
        rig.Handler.Send("answer"u8);
        rig.EndTurn();
        (byte[] data, RecordOutcome last, int updates) = rig.Read();

        Assert.Empty(atOnce);
        Assert.Equal(("answer", RecordOutcome.Data, 1), (Encoding.ASCII.GetString(data), last, updates));
        Assert.True(rig.Channel.IsOpen);
    }

    [Fact]
    public void Nothing_that_follows_close_notify_is_looked_at_or_kept()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        rig.Give([.. rig.Record(Application, "last"u8), .. rig.Record(AlertType, [1, 0]), .. new byte[1000]]);
        rig.Give(rig.Record(Application, "more"u8));
        rig.Give(new byte[100_000]);
        rig.Handler.Send("still answered"u8);
        rig.EndTurn();

        Assert.Equal("last", Encoding.ASCII.GetString([.. rig.Handler.Data]));
        Assert.Equal(1, rig.Handler.Ends);
        Assert.Null(rig.Handler.Error);
        Assert.False(rig.Channel.HasUnreadInput());
        Assert.Equal("still answered", Encoding.ASCII.GetString(rig.Read().Data));
    }

    [Fact]
    public void That_holds_when_OpenSSL_saw_the_close_notify_and_left_afterwards()
    {
        using var rig = new TlsRig();
        rig.Give([.. rig.Record(Application, "only"u8), .. rig.Record(AlertType, [1, 0]), .. new byte[1000]]);
        rig.TakeOver();
        rig.Give(rig.Record(Application, "more"u8));

        Assert.Equal("only", Encoding.ASCII.GetString([.. rig.Handler.Data]));
        Assert.Equal(1, rig.Handler.Ends);
        Assert.False(rig.Channel.HasUnreadInput());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_our_close_notify_no_record_leaves_whatever_comes(bool takenOver)
    {
        using var rig = new TlsRig();
        if (takenOver)
        {
            rig.TakeOver();
            rig.Channel.ShutdownSend();
        }
        else
        {
            // In the same turn as the first answer, so that OpenSSL writes the close_notify and leaves then.
            rig.Handler.Send("first"u8);
            rig.Channel.ShutdownSend();
            rig.EndTurn();
        }

        Assert.Equal(RecordOutcome.Closed, rig.Read().Last);
        rig.Give(rig.Record(Application, "upload"u8));
        rig.Give(rig.Update(asked: true));
        rig.Give(rig.Record(Application, " goes on"u8));
        byte[] broken = rig.Record(Application, "damaged"u8);
        broken[^1] ^= 1;
        rig.Give(broken);

        Assert.Equal("upload goes on", Encoding.ASCII.GetString([.. rig.Handler.Data]));
        Assert.Equal(ChannelError.Reset, rig.Handler.Error);
        Assert.Empty(rig.Wire.TakeSent());
    }

    [Fact]
    public void A_damaged_record_is_answered_with_bad_record_mac_and_nothing_else()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        byte[] good = rig.Record(Application, "good"u8);
        byte[] bad = rig.Record(Application, "bad"u8);
        bad[10] ^= 0x80;
        rig.Give([.. good, .. bad, .. rig.Record(Application, "behind"u8)]);

        Assert.Equal("good", Encoding.ASCII.GetString([.. rig.Handler.Data]));
        Assert.Equal(ChannelError.Reset, rig.Handler.Error);
        Assert.False(rig.Wire.IsOpen);
        Assert.Equal(RecordOutcome.Broken, rig.Read().Last);
        Assert.Equal(BadRecordMac, rig.Client.PeerAlert);
    }

    [Fact]
    public void An_end_without_close_notify_is_a_cut_and_one_with_it_is_not()
    {
        using var said = new TlsRig();
        said.TakeOver();
        said.Give(said.Record(AlertType, [1, 0]));
        said.Channel.OnEnd();
        using var cut = new TlsRig();
        cut.TakeOver();
        cut.Give(cut.Record(Application, "half a record"u8).AsSpan(0, 20));
        cut.Channel.OnEnd();

        Assert.Equal((1, false), (said.Handler.Ends, said.Channel.IsTruncated));
        Assert.Equal((1, true), (cut.Handler.Ends, cut.Channel.IsTruncated));
        Assert.Empty(cut.Handler.Data);
    }

    [Fact]
    public void An_end_waits_for_a_handler_that_has_paused_in_front_of_data()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        rig.Channel.Pause();
        var wire = new List<byte>();
        for (int i = 0; i < 20; i++)
        {
            wire.AddRange(rig.Record(Application, new byte[TlsRecords.MaxData]));
        }

        rig.Give([.. wire, .. rig.Record(AlertType, [1, 0])]);
        rig.Handler.OnPiece = rig.Channel.Pause;
        rig.Channel.Resume();
        rig.Channel.OnEnd();
        int ends = rig.Handler.Ends;
        for (int i = 0; i < 10; i++)
        {
            rig.Channel.Resume();
            rig.EndTurn();
        }

        Assert.Equal(0, ends);
        Assert.Equal(20 * TlsRecords.MaxData, rig.Handler.Data.Count);
        Assert.Equal((1, false), (rig.Handler.Ends, rig.Channel.IsTruncated));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_is_over_may_still_be_asked_and_told_things(bool takenOver)
    {
        using var rig = new TlsRig();
        if (takenOver)
        {
            rig.TakeOver();
        }

        rig.Handler.Send("last"u8);
        rig.Channel.Close();
        rig.Handler.Send("too late"u8);
        rig.EndTurn();

        Assert.Equal((0, false), (rig.Channel.PeerCertificates.Count, rig.Channel.IsResumed));
        (byte[] data, RecordOutcome last, _) = rig.Read();
        Assert.Equal(("last", RecordOutcome.Closed), (Encoding.ASCII.GetString(data), last));
    }

    public static TheoryData<byte, string, int> Refused => new()
    {
        { Handshake, "0400001a0001518000000000010000100123456789abcdef0123456789abcdef0000", UnexpectedMessage },
        { Handshake, "010000010000", UnexpectedMessage },
        { Handshake, "1800000100" + "1800000100", UnexpectedMessage },
        { Handshake, "", UnexpectedMessage },
        { Handshake, "1800000102", 47 },
        { Handshake, "1800000200", 47 },
        { 20, "01", UnexpectedMessage },
        { 24, "0100", UnexpectedMessage },
        { AlertType, "01", UnexpectedMessage },
        { 0, "", UnexpectedMessage },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_clients_must_not_send_ends_the_connection(byte type, string content, int alert)
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        rig.Give(rig.Record(type, Convert.FromHexString(content)));

        Assert.Equal(ChannelError.Reset, rig.Handler.Error);
        (_, RecordOutcome last, _) = rig.Read();
        Assert.Equal((RecordOutcome.Broken, alert), (last, rig.Client.PeerAlert));
    }

    [Fact]
    public void Padding_of_any_length_is_taken_off()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        foreach ((int data, int padding) in ((int, int)[])[(1, 1), (1, 16383), (0, 16384), (16383, 1), (100, 900)])
        {
            rig.Handler.Data.Clear();
            rig.Give(rig.Record(Application, new byte[data], padding));
            Assert.Equal(data, rig.Handler.Data.Count);
        }

        rig.Give(rig.Record(Application, new byte[1], TlsRecords.MaxData));
        Assert.Equal(ChannelError.Reset, rig.Handler.Error);
    }

    [Fact]
    public void A_change_of_keys_may_come_in_pieces_but_nothing_between_them()
    {
        using var rig = new TlsRig();
        rig.TakeOver();
        rig.Give([.. rig.Record(Handshake, [24, 0]), .. rig.Record(Handshake, [0, 1]), .. rig.Record(Handshake, [0])]);
        rig.Client.ChangeKeys();
        rig.Give(rig.Record(Application, "new keys"u8));
        Assert.Equal("new keys", Encoding.ASCII.GetString([.. rig.Handler.Data]));

        rig.Give([.. rig.Record(Handshake, [24, 0]), .. rig.Record(Application, "between"u8)]);
        Assert.Equal(ChannelError.Reset, rig.Handler.Error);
    }

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public void Whatever_the_pieces_pauses_and_changes_of_keys_both_streams_arrive_whole(string suite)
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            Talk(suite, seed);
        }
    }

    /// <summary>A client that sends records of any shape in pieces of any size, an echo that pauses now and then, and
    /// OpenSSL leaving whenever a turn happens to end.</summary>
    private static void Talk(string suite, int seed)
    {
        var random = new Random(seed);
        using var rig = new TlsRig(suite);
        var given = new List<byte>();
        var heard = new List<byte>();
        var wire = new List<byte>();
        int echoed = 0;
        rig.Handler.OnPiece = () =>
        {
            if (random.Next(4) == 0)
            {
                rig.Channel.Pause();
            }
        };

        for (int step = 0; step < 120; step++)
        {
            byte[] data = new byte[random.Next(5) == 0 ? random.Next(16_000) : random.Next(60)];
            random.NextBytes(data);
            wire.AddRange(rig.Record(Application, data, random.Next(3) == 0 ? random.Next(200) : 0));
            given.AddRange(data);
            if (step > 10 && random.Next(6) == 0)
            {
                wire.AddRange(rig.Update(random.Next(2) == 0));
            }

            while (wire.Count > 0 && random.Next(5) > 0)
            {
                int piece = Math.Min(wire.Count, 1 + random.Next(random.Next(3) == 0 ? 20_000 : 40));
                rig.Give([.. wire[..piece]]);
                wire.RemoveRange(0, piece);
            }

            if (random.Next(2) == 0)
            {
                rig.Handler.Send([.. rig.Handler.Data[echoed..]]);
                echoed = rig.Handler.Data.Count;
            }

            if (random.Next(2) == 0)
            {
                rig.Channel.Resume();
                rig.EndTurn();
            }

            heard.AddRange(rig.Read().Data);
        }

        rig.Handler.OnPiece = static () => { };
        rig.Channel.Resume();
        rig.EndTurn();
        rig.Give([.. wire]);
        rig.Handler.Send([.. rig.Handler.Data[echoed..]]);
        rig.EndTurn();
        heard.AddRange(rig.Read().Data);
        Assert.True(rig.Handler.Error is null, $"seed {seed}: {rig.Handler.Error}");
        Assert.True(given.SequenceEqual(rig.Handler.Data), $"seed {seed}: the server got something else");
        Assert.True(given.SequenceEqual(heard), $"seed {seed}: the client got something else");
    }

    [Fact]
    public void Damaged_streams_never_show_a_byte_that_was_not_sent()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            using var rig = new TlsRig();
            if (random.Next(3) > 0)
            {
                rig.TakeOver();
            }

            var wire = new List<byte>();
            var sent = new List<byte>();
            for (int i = 0; i < 12; i++)
            {
                byte[] data = new byte[1 + random.Next(300)];
                random.NextBytes(data);
                sent.AddRange(data);
                wire.AddRange(rig.Record(Application, data, random.Next(20)));
            }

            Damage(wire, random);
            while (wire.Count > 0 && rig.Channel.IsOpen)
            {
                int piece = Math.Min(wire.Count, 1 + random.Next(700));
                rig.Give([.. wire[..piece]]);
                wire.RemoveRange(0, piece);
            }

            Assert.True(
                rig.Handler.Data.Count < sent.Count
                    && rig.Handler.Data.SequenceEqual(sent.Take(rig.Handler.Data.Count)),
                $"seed {seed}");
        }
    }

    private static void Damage(List<byte> wire, Random random)
    {
        int at = random.Next(wire.Count);
        int count = Math.Min(1 + random.Next(40), wire.Count - at);
        switch (random.Next(4))
        {
            case 0:
                wire[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                wire.RemoveRange(at, count);
                break;
            case 2:
                wire.InsertRange(at, [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(256))]);
                break;
            default:
                wire.RemoveRange(at, wire.Count - at);
                break;
        }
    }
}
