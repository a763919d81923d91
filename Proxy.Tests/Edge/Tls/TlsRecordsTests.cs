using System.Runtime.InteropServices;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Edge.Tls;

/// <summary>Records against the trace of RFC 8448 §3, against each other, and against damage.</summary>
public sealed unsafe class TlsRecordsTests : IDisposable
{
    /// <summary>client_application_traffic_secret_0 and server_application_traffic_secret_0 of the trace.</summary>
    private static readonly byte[] ClientSecret =
        Convert.FromHexString("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");

    private static readonly byte[] ServerSecret =
        Convert.FromHexString("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");

    private readonly TlsCipherSlots _slots = new();
    private readonly byte* _sealed = (byte*)NativeMemory.Alloc(64 * 1024);
    private readonly byte* _opened = (byte*)NativeMemory.Alloc(64 * 1024);

    public void Dispose()
    {
        NativeMemory.Free(_sealed);
        NativeMemory.Free(_opened);
        _slots.Dispose();
    }

    [Fact]
    public void What_the_client_of_RFC_8448_sends_is_sealed_byte_for_byte()
    {
        using TlsRecords client = Client();
        byte[] data = [.. Enumerable.Range(0, 50).Select(static i => (byte)i)];
        Assert.Equal(
            "17030300" + "43a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e"
            + "2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
            Convert.ToHexStringLower(Seal(client, data)));
    }

    [Fact]
    public void Every_suite_opens_what_it_has_sealed()
    {
        foreach (TlsRecordSuite suite in TlsRecordSuite.All)
        {
            byte[] read = Secret(suite, 1);
            byte[] write = Secret(suite, 2);
            using var server = new TlsRecords(_slots, suite, read, 3, write, 5);
            using var client = new TlsRecords(_slots, suite, write, 5, read, 3);
            foreach (int size in (int[])[1, 2, 15, 16, 17, 1000, TlsRecords.MaxData])
            {
                byte[] data = new byte[size];
                new Random(size).NextBytes(data);
                Assert.Equal((RecordOutcome.Data, size + TlsRecords.Overhead), Open(server, Seal(client, data)));
                Assert.Equal(data, new ReadOnlySpan<byte>(_opened, size).ToArray());
                Assert.Equal(RecordOutcome.Data, Open(client, Seal(server, data)).Outcome);
            }
        }
    }

    [Fact]
    public void Connections_that_share_a_slot_keep_their_own_keys()
    {
        TlsRecordSuite suite = TlsRecordSuite.All[0];
        var all = new List<(TlsRecords Server, TlsRecords Client)>();
        for (int i = 0; i < 600; i++)
        {
            byte[] secret = Secret(suite, i);
            all.Add((
                new TlsRecords(_slots, suite, secret, 0, secret, 0),
                new TlsRecords(_slots, suite, secret, 0, secret, 0)));
        }

        for (int round = 0; round < 2; round++)
        {
            foreach ((TlsRecords server, TlsRecords client) in all)
            {
                Assert.Equal(RecordOutcome.Data, Open(server, Seal(client, [1, 2, 3])).Outcome);
            }
        }

        all.ForEach(static pair =>
        {
            pair.Server.Dispose();
            pair.Client.Dispose();
        });
    }

    [Fact]
    public void A_flipped_bit_anywhere_breaks_the_connection()
    {
        using TlsRecords sealing = Client();
        byte[] record = Seal(sealing, "hello"u8);
        for (int bit = 0; bit < record.Length * 8; bit++)
        {
            using TlsRecords server = Server();
            byte[] damaged = [.. record];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            // A longer length is a record that has not come yet.
            RecordOutcome outcome = Open(server, damaged).Outcome;
            Assert.True(
                outcome == RecordOutcome.Broken || (outcome == RecordOutcome.Incomplete && bit is >= 24 and < 40),
                $"bit {bit}: {outcome}");
        }
    }

    [Fact]
    public void A_record_is_not_opened_before_it_is_there_as_a_whole()
    {
        using TlsRecords client = Client();
        using TlsRecords server = Server();
        byte[] record = Seal(client, "hello"u8);
        for (int count = 0; count < record.Length; count++)
        {
            Assert.Equal((RecordOutcome.Incomplete, 0), Open(server, record[..count]));
        }

        Assert.Equal(RecordOutcome.Data, Open(server, record).Outcome);
    }

    [Fact]
    public void A_record_that_comes_twice_or_out_of_turn_is_refused()
    {
        using TlsRecords client = Client();
        byte[] first = Seal(client, "one"u8);
        byte[] second = Seal(client, "two"u8);
        using TlsRecords twice = Server();
        using TlsRecords skipped = Server();
        Assert.Equal(RecordOutcome.Data, Open(twice, first).Outcome);
        Assert.Equal(RecordOutcome.Broken, Open(twice, first).Outcome);
        Assert.Equal(RecordOutcome.Broken, Open(skipped, second).Outcome);
        Assert.Equal(20, skipped.Alert);
    }

    [Fact]
    public void Keys_change_by_themselves_and_the_peer_follows()
    {
        using TlsRecords server = new(_slots, TlsRecordSuite.All[1], Secret(TlsRecordSuite.All[1], 1), 0,
            Secret(TlsRecordSuite.All[1], 2), 0) { UpdateAfter = 3 };
        using TlsRecords client = new(_slots, TlsRecordSuite.All[1], Secret(TlsRecordSuite.All[1], 2), 0,
            Secret(TlsRecordSuite.All[1], 1), 0);
        int handled = 0;
        for (int i = 0; i < 20; i++)
        {
            byte[] wire = Seal(server, [(byte)i]);
            (RecordOutcome outcome, int taken) = Open(client, wire);
            if (outcome == RecordOutcome.Handled)
            {
                handled++;
                (outcome, _) = Open(client, wire[taken..]);
            }

            Assert.Equal(RecordOutcome.Data, outcome);
            Assert.Equal(i, *_opened);
        }

        Assert.Equal(6, handled);
    }

    [Fact]
    public void Records_without_data_are_bounded()
    {
        using TlsRecords client = Client();
        using TlsRecords server = Server();
        RecordOutcome outcome = RecordOutcome.Handled;
        int count = 0;
        while (outcome == RecordOutcome.Handled && count++ < 100)
        {
            outcome = Open(server, Copy(client.SealUpdate(_sealed))).Outcome;
        }

        Assert.Equal((RecordOutcome.Broken, 33), (outcome, count));
    }

    [Fact]
    public void Close_notify_and_other_alerts_are_told_apart()
    {
        using TlsRecords client = Client();
        using TlsRecords server = Server();
        Assert.Equal(RecordOutcome.Closed, Open(server, Copy(client.SealAlert(0, _sealed))).Outcome);
        Assert.Equal(RecordOutcome.Broken, Open(server, Copy(client.SealAlert(40, _sealed))).Outcome);
        Assert.Equal(0, server.Alert);
    }

    [Theory]
    [InlineData("1503030002", 10)]
    [InlineData("1403030001", 10)]
    [InlineData("17030341ff", 22)]
    [InlineData("1703030010", 20)]
    [InlineData("1703030000", 20)]
    public void Shapes_that_no_record_has_are_refused(string header, int alert)
    {
        using TlsRecords server = Server();
        byte[] record = [.. Convert.FromHexString(header), .. new byte[40]];
        Assert.Equal(RecordOutcome.Broken, Open(server, record).Outcome);
        Assert.Equal(alert, server.Alert);
    }

    [Fact]
    public void This_OpenSSL_shows_where_it_keeps_its_secrets() => Assert.NotNull(TlsSecretPlaces.Known);

    [Fact]
    public void Records_are_counted_however_their_bytes_come()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var stream = new List<byte>();
            int records = random.Next(1, 20);
            for (int i = 0; i < records; i++)
            {
                int length = random.Next(0, 600);
                stream.AddRange([23, 3, 3, (byte)(length >> 8), (byte)length, .. new byte[length]]);
            }

            byte[] bytes = [.. stream];
            var counter = default(RecordCounter);
            for (int at = 0; at < bytes.Length;)
            {
                int piece = Math.Min(random.Next(1, 300), bytes.Length - at);
                counter.Feed(bytes.AsSpan(at, piece));
                at += piece;
            }

            Assert.Equal(((ulong)records, true), (counter.Count, counter.IsBetween));
            counter.Feed([23]);
            Assert.False(counter.IsBetween);
        }
    }

    private static byte[] Secret(TlsRecordSuite suite, int seed)
    {
        byte[] secret = new byte[suite.HashBytes];
        new Random(seed).NextBytes(secret);
        return secret;
    }

    private TlsRecords Client() => new(_slots, TlsRecordSuite.All[0], ServerSecret, 0, ClientSecret, 0);

    private TlsRecords Server() => new(_slots, TlsRecordSuite.All[0], ClientSecret, 0, ServerSecret, 0);

    private byte[] Copy(int count) => new ReadOnlySpan<byte>(_sealed, count).ToArray();

    private byte[] Seal(TlsRecords records, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            return Copy(records.Seal(bytes, data.Length, _sealed));
        }
    }

    private (RecordOutcome Outcome, int Taken) Open(TlsRecords records, byte[] input)
    {
        fixed (byte* bytes = input)
        {
            RecordOutcome outcome = records.Open(bytes, input.Length, _opened, out int taken, out _);
            return (outcome, taken);
        }
    }
}
