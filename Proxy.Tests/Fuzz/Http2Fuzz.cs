using System.Text;
using Proxy.Edge.Http2;
using Proxy.Tests.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Fuzz;

/// <summary>Sequences of frames, most of them slightly wrong, against a server session. Whatever comes: nothing is
/// thrown, pieces of any size give the same calls and the same frames, each head that gets through is one HTTP/1
/// request and no more, output stays in proportion, and no memory is kept when the connection is given up.</summary>
public static class Http2Fuzz
{
    private const int MaxOutput = 1 << 20;

    private static readonly string[] Names =
        ["x", "X", "te", "host", "cookie", "content-length", "connection", ":path", "a\r\nb", "", "priority", "upgrade"];

    private static readonly string[] Values =
        ["", "1", "trailers", "test.example", "a\r\n\r\nGET / HTTP/1.1", " a", "u=0, i", "chunked", "a\0", "5"];

    public static IReadOnlyList<string> Codecs { get; } = ["http2-session"];

    /// <summary>Runs rounds until the time is over; writes the first failure and returns false.</summary>
    public static bool Run(string codec, int seed, TimeSpan duration, TextWriter output)
    {
        long start = TimeProvider.System.GetTimestamp();
        int rounds = 0;
        for (; TimeProvider.System.GetElapsedTime(start) < duration; rounds++)
        {
            if (Problem(unchecked(seed + rounds)) is { } problem)
            {
                output.WriteLine(problem);
                return false;
            }
        }

        output.WriteLine($"{codec}: {rounds} sequences from seed {seed}");
        return true;
    }

    internal static string? Problem(int seed) => Http2FuzzRound.Problem(seed, Sequence, Feed);

    private static List<byte> Sequence(Random random)
    {
        var bytes = new List<byte>(Http2Wire.Start);
        int stream = 1;
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            bytes.AddRange(Frame(random, ref stream));
        }

        return bytes;
    }

    private static byte[] Frame(Random random, ref int stream)
    {
        int id = random.Next(6) == 0 ? random.Next(0, 12) : stream;
        switch (random.Next(10))
        {
            case < 4:
                stream += 2;
                return Http2Wire.Frame(
                    Http2Wire.Headers, (byte)(random.Next(2) | (random.Next(8) == 0 ? 0 : 4)), stream, Block(random));
            case < 6:
                return Http2Wire.Frame(Http2Wire.Data, (byte)random.Next(2), id, new byte[random.Next(0, 300)]);
            case 6:
                return Http2Wire.Frame(Http2Wire.Continuation, 4, id, Block(random));
            case 7:
                return Http2Wire.Frame(Http2Wire.WindowUpdate, 0, id, Http2Wire.Number(random.Next()));
            case 8:
                return Http2Wire.Frame(
                    Http2Wire.Settings, 0, 0, Http2Wire.Setting((short)random.Next(0, 9), random.Next(0, 100_000)));
            default:
                return Http2FuzzRound.AnyFrame(random, id);
        }
    }

    private static byte[] Block(Random random) => Http2FuzzRound.Block(
        random, () => Http2Wire.Pseudo(random.Next(2) == 0 ? "GET" : "POST", "/"), Names, Values);

    private static string Feed(byte[] bytes, Random random, int most)
    {
        var rig = new SessionRig(started: false);
        var output = new StringBuilder();
        for (int at = 0; at < bytes.Length && rig.ConnectionError is null;)
        {
            int take = Http2FuzzRound.Piece(bytes, at, random, most);
            rig.Receive(bytes[at..(at + take)]);
            at += take;
            output.Append(string.Concat(rig.Sent().Select(static frame => $"{frame};")));
            if (output.Length > MaxOutput)
            {
                throw new InvalidOperationException("the output grows without bound");
            }
        }

        foreach (SessionRig.Taker taker in rig.Streams)
        {
            NaiveVerdict verdict = NaiveHttp1.ReadRequest(taker.Head, out _);
            bool one = taker.Head.IndexOf("\r\n\r\n", StringComparison.Ordinal) == taker.Head.Length - 4;
            if (!one)
            {
                throw new InvalidOperationException($"a head that is not one request ({verdict}):\n{taker.Head}");
            }
        }

        rig.Session.Abandon(Http2Error.Cancel);
        rig.Session.ClearOutput();
        if (rig.Buffers.RentedBytes != 0)
        {
            throw new InvalidOperationException($"{rig.Buffers.RentedBytes} bytes are kept");
        }

        return output + "|" + rig.ConnectionError + "|" + string.Join(
            '|', rig.Streams.Select(static one => $"{one.Head}{one.Body.Length}{one.Trailers}{one.Ended}"));
    }
}
