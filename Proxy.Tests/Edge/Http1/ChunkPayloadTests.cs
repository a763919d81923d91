using System.Text;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

public sealed class ChunkPayloadTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "", "")]
    [InlineData("3\r\nabc\r\n0\r\n\r\n", "abc", "")]
    [InlineData("1\r\na\r\n00002\r\nbc\r\n0\r\nX: 1\r\nY: 2\r\n\r\n", "abc", "X: 1\r\nY: 2\r\n")]
    public void Payload_and_trailers_are_found_however_the_input_is_cut(string text, string payload, string trailers)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int piece = 1; piece <= bytes.Length; piece++)
        {
            (string found, ChunkPayload state) = Read(bytes, _ => piece);
            Assert.Equal(payload, found);
            Assert.True(state.IsDone);
            Assert.Equal(trailers, Encoding.ASCII.GetString(state.Trailers));
        }
    }

    [Fact]
    public void Random_bodies_are_read_as_they_were_written()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            var payload = new StringBuilder();
            for (int i = random.Next(6); i > 0; i--)
            {
                string data = new((char)('a' + random.Next(26)), random.Next(1, 300));
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{data.Length:x}\r\n{data}\r\n");
                payload.Append(data);
            }

            string trailers = string.Concat(Enumerable.Range(0, random.Next(40)).Select(i => $"n{i}: {i * i}\r\n"));
            text.Append("0\r\n").Append(trailers).Append("\r\n");

            (string found, ChunkPayload state) = Read(
                Encoding.ASCII.GetBytes(text.ToString()), _ => random.Next(1, 200));

            Assert.True(
                found == payload.ToString() && state.IsDone && Encoding.ASCII.GetString(state.Trailers) == trailers,
                $"seed {seed}");
        }
    }

    private static (string Payload, ChunkPayload State) Read(byte[] bytes, Func<int, int> piece)
    {
        ChunkPayload state = default;
        var found = new StringBuilder();
        for (int start = 0; start < bytes.Length;)
        {
            Assert.False(state.IsDone);
            ReadOnlySpan<byte> input = bytes.AsSpan(start, Math.Min(piece(start), bytes.Length - start));
            int at = 0;
            while (state.Next(input, ref at) is { IsEmpty: false } run)
            {
                found.Append(Encoding.ASCII.GetString(run));
            }

            Assert.Equal(input.Length, at);
            start += input.Length;
        }

        return (found.ToString(), state);
    }
}
