using System.Text;
using Proxy.Edge.Http2;
using Proxy.Tests.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Fuzz;

/// <summary>Answers of an origin, most of them slightly wrong, to a client's session. Nothing is thrown, pieces of any
/// size give the same calls, each head that gets through is one HTTP/1 response head and no more, and no memory is kept
/// when the connection is given up.</summary>
internal static class Http2ClientFuzz
{
    private const int Requests = 5;

    private static readonly string[] Names =
        ["x", "X", "te", "content-length", "connection", ":status", "a\r\nb", "", "set-cookie", "upgrade"];

    private static readonly string[] Values =
        ["", "1", "200", "test.example", "a\r\n\r\nHTTP/1.1 200 OK", " a", "chunked", "a\0", "5"];

    private static readonly string[] Statuses = ["200", "103", "204", "101", "304", "99", "abc", "500"];

    public static string? Problem(int seed) => Http2FuzzRound.Problem(seed, Sequence, Feed);

    private static List<byte> Sequence(Random random)
    {
        var bytes = new List<byte>(Http2Wire.Frame(Http2Wire.Settings, 0, 0));
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            bytes.AddRange(Frame(random));
        }

        return bytes;
    }

    private static byte[] Frame(Random random)
    {
        int id = random.Next(12) == 0 ? random.Next(0, 14) : (random.Next(Requests) * 2) + 1;
        switch (random.Next(12))
        {
            case < 5:
                return Http2Wire.Frame(
                    Http2Wire.Headers, (byte)(random.Next(2) | (random.Next(8) == 0 ? 0 : 4)), id, Block(random));
            case < 8:
                return Http2Wire.Frame(Http2Wire.Data, (byte)random.Next(2), id, new byte[random.Next(0, 300)]);
            case 8:
                return Http2Wire.Frame(Http2Wire.Rst, 0, id, Http2Wire.Number(random.Next(14)));
            case 9:
                return Http2Wire.Frame(
                    Http2Wire.Settings, 0, 0, Http2Wire.Setting((short)random.Next(0, 9), random.Next(0, 3)));
            case 10:
                return Http2Wire.Frame(
                    Http2Wire.GoAway, 0, 0,
                    [.. Http2Wire.Number(random.Next(12)), .. Http2Wire.Number(random.Next(14))]);
            default:
                return Http2FuzzRound.AnyFrame(random, id);
        }
    }

    private static byte[] Block(Random random) => Http2FuzzRound.Block(
        random, () => [(":status", Statuses[random.Next(Statuses.Length)])], Names, Values);

    private static string Feed(byte[] bytes, Random random, int most)
    {
        var rig = new ClientRig(started: false);
        for (int i = 0; i < Requests; i++)
        {
            rig.Ask(i % 2 == 0
                ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
                : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
        }

        rig.Session.ClearOutput();
        var output = new StringBuilder();
        for (int at = 0; at < bytes.Length && rig.ConnectionError is null;)
        {
            int take = Http2FuzzRound.Piece(bytes, at, random, most);
            rig.Receive(bytes[at..(at + take)]);
            at += take;
            output.Append(string.Concat(rig.Sent().Select(static frame => $"{frame};")));
        }

        foreach (string head in rig.Streams.SelectMany(static one => one.Heads))
        {
            if (head.IndexOf("\r\n\r\n", StringComparison.Ordinal) != head.Length - 4
                || !head.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"a head that is not one response:\n{head}");
            }
        }

        rig.Session.Abandon(Http2Error.Cancel);
        rig.Session.ClearOutput();
        return rig.Buffers.RentedBytes != 0
            ? throw new InvalidOperationException($"{rig.Buffers.RentedBytes} bytes are kept")
            : output + "|" + rig.ConnectionError + "|" + string.Join(
                '|',
                rig.Streams.Select(static one =>
                    $"{string.Concat(one.Heads)}{one.Body.Length}{one.Trailers}{one.Ended}{one.Reset}{one.Unprocessed}"));
    }
}
