using Proxy.Tests.Kit;

namespace Proxy.Tests.Fuzz;

/// <summary>What the fuzzers of HTTP/2 sessions have in common: one sequence, given whole and in pieces.</summary>
internal static class Http2FuzzRound
{
    /// <summary>Null when nothing was thrown and the pieces made no difference.</summary>
    /// <param name="feed">Gives the bytes to a session, at most so many at once, and tells all that came of it.</param>
    public static string? Problem(
        int seed, Func<Random, List<byte>> sequence, Func<byte[], Random, int, string> feed)
    {
        var random = new Random(seed);
        byte[] bytes = Damaged(sequence(random), random);
        try
        {
            string whole = feed(bytes, new Random(seed), bytes.Length);
            string pieces = feed(bytes, new Random(seed), 1 + random.Next(50));
            return whole == pieces ? null : $"seed {seed}: pieces differ\n{whole}\n{pieces}";
        }
        catch (Exception error)
        {
            return $"seed {seed}: {error}";
        }
    }

    /// <summary>How many bytes the next piece has.</summary>
    public static int Piece(byte[] bytes, int at, Random random, int most) =>
        Math.Min(bytes.Length - at, most >= bytes.Length ? most : random.Next(1, most + 1));

    /// <summary>A frame of any type, known or not, that says nothing sensible.</summary>
    public static byte[] AnyFrame(Random random, int stream)
    {
        byte[] payload = new byte[random.Next(0, 12)];
        random.NextBytes(payload);
        return Http2Wire.Frame((byte)random.Next(0, 18), (byte)random.Next(256), stream, payload);
    }

    /// <summary>Fields of a message, now and then without its pseudo-fields or with something before them.</summary>
    public static byte[] Block(
        Random random, Func<IEnumerable<(string Name, string Value)>> pseudo, string[] names, string[] values)
    {
        var fields = new List<(string, string)>();
        if (random.Next(8) > 0)
        {
            fields.AddRange(pseudo());
        }

        for (int i = random.Next(4); i > 0; i--)
        {
            fields.Insert(
                random.Next(8) == 0 ? 0 : fields.Count,
                (names[random.Next(names.Length)], values[random.Next(values.Length)]));
        }

        return Http2Wire.Block([.. fields]);
    }

    private static byte[] Damaged(List<byte> bytes, Random random)
    {
        byte[] all = [.. bytes];
        for (int i = random.Next(3) == 0 ? random.Next(1, 6) : 0; i > 0; i--)
        {
            all[random.Next(all.Length)] = (byte)random.Next(256);
        }

        return all;
    }
}
