using System.Text;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

public sealed class ChunkedDecoderTests
{
    private const ChunkedOutput Keep = ChunkedOutput.KeepFraming;
    private const ChunkedOutput Strip = ChunkedOutput.StripFraming;

    [Theory]
    [InlineData("0\r\n\r\n", "0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("A\r\n0123456789\r\n000\r\n\r\n", "A\r\n0123456789\r\n000\r\n\r\n", "0123456789")]
    [InlineData("1;a=b;c=\"d;\\\"\r\n", null, null)]
    [InlineData("1;a=b;c=\"d;\\\"e\";f\r\nx\r\n0;last\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x")]
    [InlineData("0\r\nX-Sum: 1\r\n\r\n", "0\r\nX-Sum: 1\r\n\r\n", "")]
    [InlineData("0\r\nContent-Length: 5\r\nX: y\r\nHost: h\r\n\r\n", "0\r\nX: y\r\n\r\n", "")]
    [InlineData("0\r\nSet-Cookie: a\r\n\r\n", "0\r\n\r\n", "")]
    public void Keeps_or_strips_the_framing(string text, string? kept, string? stripped)
    {
        if (kept is not null && stripped is not null)
        {
            Assert.Equal((kept, HeadFault.None, true), Decode(text + "next", Keep, text.Length));
            Assert.Equal((stripped, HeadFault.None, true), Decode(text + "next", Strip, text.Length));
        }
        else
        {
            Assert.NotEqual(HeadFault.None, Decode(text, Keep, text.Length).Fault);
        }
    }

    [Theory]
    [InlineData("g\r\n", HeadFault.BadChunkSize)]
    [InlineData("\r\n", HeadFault.BadChunkSize)]
    [InlineData(";a\r\n", HeadFault.BadChunkSize)]
    [InlineData(" 5\r\n", HeadFault.BadChunkSize)]
    [InlineData("5 \r\n", HeadFault.BadChunkSize)]
    [InlineData("5\t;a\r\n", HeadFault.BadChunkSize)]
    [InlineData("+5\r\n", HeadFault.BadChunkSize)]
    [InlineData("-5\r\n", HeadFault.BadChunkSize)]
    [InlineData("0x5\r\n", HeadFault.BadChunkSize)]
    [InlineData("5_0\r\n", HeadFault.BadChunkSize)]
    [InlineData("5\n", HeadFault.BadChunkSize)]
    [InlineData("5\rhello", HeadFault.BadChunkSize)]
    [InlineData("5\r\r\n", HeadFault.BadChunkSize)]
    [InlineData("00000000000000005\r\n", HeadFault.BadChunkSize)]
    [InlineData("FFFFFFFFFFFFFFFF\r\n", HeadFault.BadChunkSize)]
    [InlineData("4000000000000001\r\n", HeadFault.BadChunkSize)]
    [InlineData("5; a\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;=b\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a=\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a b\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a=\"b\r\nc\"\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a=\"b\"c\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a=\"\u0001\"\r\n", HeadFault.BadChunkExtension)]
    [InlineData("5;a\rb\r\n", HeadFault.BadChunkSize)]
    [InlineData("5\r\nhelloX\r\n", HeadFault.BadChunkEnd)]
    [InlineData("5\r\nhello\n", HeadFault.BadChunkEnd)]
    [InlineData("5\r\nhello\rX", HeadFault.BadChunkEnd)]
    [InlineData("5\r\nhello0\r\n\r\n", HeadFault.BadChunkEnd)]
    [InlineData("0\r\n\n", HeadFault.BareLf)]
    [InlineData("0\r\n\rX", HeadFault.BareCr)]
    [InlineData("0\r\nX: y\n\r\n", HeadFault.BareLf)]
    [InlineData("0\r\nX: y\rz\r\n\r\n", HeadFault.BareCr)]
    [InlineData("0\r\nX : y\r\n\r\n", HeadFault.BadTrailer)]
    [InlineData("0\r\nX\r\n\r\n", HeadFault.BadTrailer)]
    [InlineData("0\r\n: y\r\n\r\n", HeadFault.BadTrailer)]
    [InlineData("0\r\nX: y\r\n z\r\n\r\n", HeadFault.ObsFold)]
    [InlineData("0\r\nX: \0\r\n\r\n", HeadFault.ControlCharacter)]
    [InlineData("0\r\nGET / HTTP/1.1\r\n\r\n", HeadFault.BadTrailer)]
    public void Refuses_tricks(string text, HeadFault expected)
    {
        Assert.Equal(expected, Decode(text, Keep, 64).Fault);
        Assert.Equal(expected, Decode(text, Keep, 1).Fault);
        Assert.Equal(expected, Decode(text, Strip, 64).Fault);
    }

    [Fact]
    public void The_largest_chunk_is_two_to_the_62()
    {
        Assert.Equal(HeadFault.None, Decode("4000000000000000\r\nabc", Strip, 64).Fault);
    }

    [Fact]
    public void Extensions_and_trailers_are_bounded()
    {
        string extension = new('e', 256);
        string trailer = $"X: {new string('t', 8200)}";

        Assert.Equal(HeadFault.None, Decode($"1;{extension[..255]}\r\nx\r\n", Keep, 64).Fault);
        Assert.Equal(HeadFault.ChunkExtensionTooLong, Decode($"1;{extension}\r\nx\r\n", Keep, 64).Fault);
        Assert.Equal(HeadFault.TrailerTooLarge, Decode($"0\r\n{trailer}\r\n\r\n", Strip, 64).Fault);
        Assert.Equal(HeadFault.None, Decode($"0\r\n{trailer[..8100]}\r\n\r\n", Keep, 64).Fault);
    }

    [Fact]
    public void No_byte_moves_and_no_memory_is_taken_without_extensions_and_trailers()
    {
        byte[] data = Encoding.Latin1.GetBytes("5\r\nhello\r\n0\r\n\r\n");
        byte[] original = [.. data];
        ChunkedDecoder decoder = default;
        Http1Limits limits = new();
        decoder.Step(default, Keep, limits);
        long before = GC.GetAllocatedBytesForCurrentThread();

        ChunkedStep step = decoder.Step(data, Keep, limits);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(new ChunkedStep(data.Length, data.Length, true, HeadFault.None), step);
        Assert.Equal(original, data);
    }

    [Theory]
    [InlineData("3;a=b\r\nabc\r\n0\r\n\r\n")]
    [InlineData("3\r\nabc\r\n0\r\nX: y\r\nCookie: z\r\nZ: a\r\n\r\n")]
    public void Every_split_gives_the_same_output(string text)
    {
        (string kept, _, _) = Decode(text, Keep, text.Length);
        (string stripped, _, _) = Decode(text, Strip, text.Length);
        for (int size = 1; size < text.Length; size++)
        {
            Assert.Equal((kept, HeadFault.None, true), Decode(text, Keep, size));
            Assert.Equal((stripped, HeadFault.None, true), Decode(text, Strip, size));
        }
    }

    [Fact]
    public void A_body_that_ended_takes_nothing_more()
    {
        ChunkedDecoder decoder = default;
        Http1Limits limits = new();
        decoder.Step(Encoding.Latin1.GetBytes("0\r\n\r\n"), Keep, limits);

        ChunkedStep step = decoder.Step(Encoding.Latin1.GetBytes("GET /"), Keep, limits);

        Assert.Equal(new ChunkedStep(0, 0, true, HeadFault.None), step);
    }

    private static (string Output, HeadFault Fault, bool Done) Decode(string text, ChunkedOutput mode, int pieceSize)
    {
        ChunkedDecoder decoder = default;
        Http1Limits limits = new();
        StringBuilder output = new();
        for (int at = 0; at < text.Length; at += pieceSize)
        {
            byte[] piece = Encoding.Latin1.GetBytes(text.Substring(at, Math.Min(pieceSize, text.Length - at)));
            ChunkedStep step = decoder.Step(piece, mode, limits);
            Assert.InRange(step.Produced, 0, step.Consumed);
            output.Append(Reading.Text(piece.AsSpan(0, step.Produced)));
            if (step.Done || step.Fault != HeadFault.None)
            {
                output.Append(Reading.Text(decoder.Tail));
                return (output.ToString(), step.Fault, step.Done);
            }

            Assert.Equal(piece.Length, step.Consumed);
        }

        return (output.ToString(), HeadFault.None, false);
    }
}
