using System.Globalization;
using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

public sealed class WritingTests
{
    [Theory]
    [InlineData(200, "", "HTTP/1.1 200 OK\r\n")]
    [InlineData(200, "OK", "HTTP/1.1 200 OK\r\n")]
    [InlineData(200, "Fine", "HTTP/1.1 200 Fine\r\n")]
    [InlineData(431, "", "HTTP/1.1 431 Request Header Fields Too Large\r\n")]
    [InlineData(599, "", "HTTP/1.1 599 \r\n")]
    [InlineData(799, "x", "HTTP/1.1 799 x\r\n")]
    public void Status_lines(int status, string reason, string expected)
    {
        byte[] destination = new byte[expected.Length];

        int written = StatusLine.Write(destination, status, Encoding.ASCII.GetBytes(reason));

        Assert.Equal(expected, Reading.Text(destination.AsSpan(0, written)));
        Assert.Equal(0, StatusLine.Write(destination.AsSpan(1), status, Encoding.ASCII.GetBytes(reason)));
    }

    [Fact]
    public void Every_status_line_is_accepted_by_the_parser()
    {
        for (int status = 100; status < 600; status++)
        {
            byte[] destination = new byte[100];
            int written = StatusLine.Write(destination, status);

            ResponseHead head = Reading.AcceptedResponse(Reading.Text(destination.AsSpan(0, written)) + "\r\n");

            Assert.Equal(status, head.Status);
            Assert.Equal(Reading.Text(StatusLine.Reason(status)), Reading.Text(head.Reason));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(999)]
    [InlineData(123456789012345678)]
    [InlineData(long.MaxValue)]
    public void Decimal_numbers(long value)
    {
        string expected = value.ToString(CultureInfo.InvariantCulture);
        byte[] destination = new byte[DecimalText.MaxBytes];

        Assert.Equal(expected.Length, DecimalText.Write(destination, value));
        Assert.Equal(expected, Reading.Text(destination.AsSpan(0, expected.Length)));
        Assert.Equal(0, DecimalText.Write(destination.AsSpan(0, expected.Length - 1), value));
    }

    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(15, "f\r\n")]
    [InlineData(16, "10\r\n")]
    [InlineData(131072, "20000\r\n")]
    [InlineData(long.MaxValue, "7fffffffffffffff\r\n")]
    public void Chunk_headers(long size, string expected)
    {
        byte[] destination = new byte[ChunkedEncoder.MaxHeaderBytes];

        Assert.Equal(expected.Length, ChunkedEncoder.HeaderLength(size));
        Assert.Equal(expected.Length, ChunkedEncoder.WriteHeader(destination, size));
        Assert.Equal(expected, Reading.Text(destination.AsSpan(0, expected.Length)));
    }

    [Fact]
    public void What_is_encoded_in_chunks_decodes_to_the_same_bytes()
    {
        const int Seed = 4711;
        Random random = new(Seed);
        for (int round = 0; round < 200; round++)
        {
            byte[] payload = new byte[random.Next(1, 2000)];
            random.NextBytes(payload);
            List<byte> encoded = [];
            byte[] header = new byte[ChunkedEncoder.MaxHeaderBytes];
            for (int at = 0; at < payload.Length;)
            {
                int size = Math.Min(random.Next(1, 600), payload.Length - at);
                encoded.AddRange(header.AsSpan(0, ChunkedEncoder.WriteHeader(header, size)));
                encoded.AddRange(payload.AsSpan(at, size));
                encoded.AddRange(ChunkedEncoder.ChunkEnd);
                at += size;
            }

            encoded.AddRange(ChunkedEncoder.LastChunk);
            byte[] data = [.. encoded];
            ChunkedDecoder decoder = default;

            ChunkedStep step = decoder.Step(data, ChunkedOutput.StripFraming, new Http1Limits());

            Assert.True(step.Done, $"seed {Seed} round {round}");
            Assert.Equal(payload, data[..step.Produced]);
        }
    }

    [Fact]
    public void Parsing_and_copying_allocate_nothing()
    {
        byte[] bytes =
            "GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X\r\nX: y\r\nTE: trailers\r\n\r\n"u8.ToArray();
        RequestHead head = new();
        Http1Limits limits = new();
        byte[] destination = new byte[200];
        long allocated = 0;
        for (int i = 0; i < 2; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int scanned = 0;
            RequestHeadParser.Parse(bytes, 0, bytes.Length, ref scanned, head, limits, out _);
            FieldCopier.Copy(head, 0, destination, out _);
            StatusLine.Write(destination, 200);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }
}
