using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Peers;

public sealed class PeerCodecTests
{
    /// <summary>Bytes that version 1 must write for ever.</summary>
    [Fact]
    public void Frames_are_written_as_agreed()
    {
        Golden(
            new Hello("c1", "node-a", 7, 1, 2, 0x0102030405).Encode(),
            "220000000100000050585045010002000700000000000000050403020100000002633106 6e6f64652d61");
        Golden(
            new Resume(9, [new TableCursor(1, 5), new TableCursor(2, TableCursor.Snapshot)]).Encode(),
            "1b00000002000000 0900000000000000 02 01 0500000000000000 02 ffffffffffffffff");
        Golden(
            EntryFrames.Encode(FrameType.Deltas, 1, 6, [Sample]),
            "3800000003000000 01000000 01000000 0600000000000000 "
            + "0807060504030201 1817161514131211 2827262524232221 3837363534333231 48474645 58575655");
        Golden(EntryFrames.EncodeCursor(FrameType.Ack, new TableCursor(2, 3)), "0900000006000000 02 0300000000000000");
        Golden(
            DigestFrames.Encode(new DigestRange(1, 8, 4, new Stamp(5), 6), [1, 2, 3, 4]),
            "3400000007000000 01000000 0800 0400 0500000000000000 06000000 "
            + "0100000000000000 0200000000000000 0300000000000000 0400000000000000");
        Golden(DigestFrames.EncodeRequest(1, [7, 1023]), "0500000008000000 01 0700 ff03");
        Golden(
            BlobFrames.Encode(new BlobVersion("t", new Stamp(2), new NodeTag(3), 4), [0xAA]),
            "180000000a000000 0174 0200000000000000 03000000 0400000000000000 01 aa");
        Golden(
            new WireMessage(MessageKind.Request, 5, "ch", [1, 2]).Encode(),
            "0a0000000b000000 01 05000000 026368 0102");
        Golden(new Ping(1, 2).Encode(FrameType.Ping), "100000000c000000 0100000000000000 0200000000000000");
        Golden(new Goodbye(GoodbyeReason.Version, "no").Encode(), "040000000e000000 07 026e6f");
    }

    [Fact]
    public void What_is_written_reads_the_same()
    {
        var hello = new Hello("cluster", "nöde", long.MaxValue, 1, 9, 5);
        Assert.Equal(hello, Hello.Decode(PayloadOf(hello.Encode())));
        var resume = new Resume(4, [new TableCursor(1, -2)]);
        Assert.Equal(resume.Cursors, Resume.Decode(PayloadOf(resume.Encode()))!.Cursors);
        var goodbye = new Goodbye(GoodbyeReason.Identity, new string('x', 500));
        Assert.Equal(
            goodbye with { Text = new string('x', PeerWire.MaxTextBytes) }, Goodbye.Decode(
                PayloadOf(goodbye.Encode())));
        BlobVersion[] index = [.. Enumerable.Range(0, PeerWire.MaxBlobs).Select(
            static i => new BlobVersion($"{i}", new Stamp((ulong)i), new NodeTag(1), i))];
        Assert.Equal(index, BlobFrames.DecodeIndex(PayloadOf(BlobFrames.EncodeIndex(index))));
        var removal = BlobFrames.Encode(index[0], null);
        Assert.True(BlobFrames.TryDecode(PayloadOf(removal), out BlobVersion version, out byte[]? content));
        Assert.Equal((index[0], null), (version, content));
    }

    [Fact]
    public void The_largest_frame_is_within_the_limit()
    {
        FrameBuffer frame = EntryFrames.Encode(
            FrameType.Entries, 1, 0, new ReplicatedEntry[PeerWire.MaxEntries]);

        Assert.True(frame.Length - PeerWire.HeaderBytes <= PeerWire.MaxPayloadBytes);
    }

    [Theory]
    [InlineData("0000070001000000")]
    [InlineData("0000000001010000")]
    [InlineData("0000000001000001")]
    public void Headers_that_cannot_be_ours_break_the_stream(string header)
    {
        var reader = new FrameReader();
        byte[] bytes = Convert.FromHexString(header);
        bytes.CopyTo(reader.Free);
        reader.Received(bytes.Length);

        Assert.Equal(FrameStatus.Broken, reader.TryRead(out _, out _));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Frames_survive_any_cut_of_the_stream(int seed)
    {
        var random = new Random(seed);
        var stream = new MemoryStream();
        List<byte[]> sent = [];
        for (int i = 0; i < 30; i++)
        {
            byte[] content = new byte[random.Next(4) == 0 ? random.Next(200_000) : random.Next(300)];
            random.NextBytes(content);
            FrameBuffer frame = new WireMessage(MessageKind.Tell, 0, "x", content).Encode();
            stream.Write(frame.Written);
            sent.Add(content);
        }

        var reader = new FrameReader();
        ReadOnlySpan<byte> left = stream.ToArray();
        List<byte[]> read = [];
        while (!left.IsEmpty)
        {
            int count = Math.Min(left.Length, Math.Min(reader.Free.Length, 1 + random.Next(90_000)));
            left[..count].CopyTo(reader.Free.Span);
            reader.Received(count);
            left = left[count..];
            while (reader.TryRead(out FrameType type, out ReadOnlySpan<byte> payload) == FrameStatus.Frame)
            {
                Assert.Equal(FrameType.Message, type);
                read.Add(WireMessage.Decode(payload)!.Content);
            }
        }

        Assert.Equal(sent, read);
    }

    /// <summary>Every decoder takes every payload: it answers yes or no, and never throws.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_payload_makes_a_decoder_fail(int seed)
    {
        var random = new Random(seed);
        byte[][] valid =
        [
            PayloadOf(new Hello("c", "n", 1, 1, 1, 1).Encode()),
            PayloadOf(new Resume(1, [new TableCursor(1, 1), new TableCursor(2, 2)]).Encode()),
            PayloadOf(EntryFrames.Encode(FrameType.Deltas, 1, 6, [Sample, Sample])),
            PayloadOf(DigestFrames.Encode(new DigestRange(1, 8, 4, new Stamp(5), 6), [1, 2, 3, 4])),
            PayloadOf(DigestFrames.EncodeRequest(1, [7, 1023])),
            PayloadOf(BlobFrames.Encode(new BlobVersion("t", new Stamp(2), new NodeTag(3), 4), [1, 2])),
            PayloadOf(BlobFrames.EncodeIndex([new BlobVersion("t", new Stamp(2), new NodeTag(3), 4)])),
            PayloadOf(new WireMessage(MessageKind.Request, 5, "ch", [1, 2]).Encode()),
            PayloadOf(new Goodbye(GoodbyeReason.Version, "no").Encode()),
        ];

        for (int i = 0; i < 2_000; i++)
        {
            byte[] payload = (byte[])valid[random.Next(valid.Length)].Clone();
            for (int change = random.Next(4); change > 0; change--)
            {
                payload[random.Next(payload.Length)] = (byte)random.Next(256);
            }

            payload = random.Next(3) == 0 ? payload[..random.Next(payload.Length)] : payload;
            DecodeAll(payload);
        }
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 10)];

    private static ReplicatedEntry Sample => new()
    {
        Key = new EntryKey(0x0102030405060708, 0x1112131415161718), Stamp = new Stamp(0x2122232425262728),
        Value = 0x3132333435363738, Origin = new NodeTag(0x45464748), Expiry = 0x55565758,
    };

    private static void DecodeAll(byte[] payload)
    {
        _ = Hello.Decode(payload);
        _ = Resume.Decode(payload);
        _ = Goodbye.Decode(payload);
        _ = WireMessage.Decode(payload);
        _ = BlobFrames.DecodeIndex(payload);
        _ = BlobFrames.TryDecode(payload, out _, out _);
        _ = Ping.TryDecode(payload, out _);
        _ = EntryFrames.TryDecodeCursor(payload, out _);
        if (EntryFrames.TryDecode(payload, out _, out _, out ReadOnlySpan<ReplicatedEntry> entries))
        {
            Assert.True(entries.Length * ReplicatedEntry.Bytes <= payload.Length);
        }

        if (DigestFrames.TryDecode(payload, out DigestRange range, out ReadOnlySpan<ulong> digests))
        {
            Assert.Equal(range.Count, digests.Length);
        }

        if (DigestFrames.TryDecodeRequest(payload, out _, out ReadOnlySpan<ushort> buckets))
        {
            foreach (ushort bucket in buckets)
            {
                Assert.True(bucket < ReplicaTable.Buckets);
            }
        }
    }

    private static byte[] PayloadOf(FrameBuffer frame) => frame.Written[PeerWire.HeaderBytes..].ToArray();

    private static void Golden(FrameBuffer frame, string hex) => Assert.Equal(
        hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(frame.Written));
}
