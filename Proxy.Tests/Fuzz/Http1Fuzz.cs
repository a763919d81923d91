using System.Text;

namespace Proxy.Tests.Fuzz;

/// <summary>Seeded fuzz of the HTTP/1.1 codec against <see cref="NaiveHttp1"/>. Round n of seed s is round 0 of seed
/// s+n, so that one failed round can be replayed alone.</summary>
public static class Http1Fuzz
{
    public static IReadOnlyList<string> Codecs { get; } = ["request-head", "response-head", "chunked"];

    /// <summary>Runs a number of rounds; writes the first failure and returns false.</summary>
    public static bool Run(string codec, int seed, int iterations, TextWriter output)
    {
        for (int i = 0; i < iterations; i++)
        {
            if (!RunRound(codec, unchecked(seed + i), output))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs rounds until the time is over.</summary>
    public static bool Run(string codec, int seed, TimeSpan duration, TextWriter output)
    {
        long start = TimeProvider.System.GetTimestamp();
        int rounds = 0;
        while (TimeProvider.System.GetElapsedTime(start) < duration)
        {
            if (!Run(codec, unchecked(seed + rounds), 1000, output))
            {
                return false;
            }

            rounds += 1000;
        }

        output.WriteLine($"{codec}: {rounds} rounds from seed {seed}, no difference");
        return true;
    }

    private static bool RunRound(string codec, int seed, TextWriter output)
    {
        Random random = new(seed);
        string text = codec switch
        {
            "request-head" => Http1Mutator.Request(random),
            "response-head" => Http1Mutator.Response(random),
            "chunked" => Http1Mutator.Chunked(random),
            _ => throw new ArgumentException(
                $"unknown codec {codec}; known: {string.Join(", ", Codecs)}", nameof(codec)),
        };
        string? difference;
        try
        {
            difference = codec switch
            {
                "request-head" => HeadFuzz.CompareRequest(text, random),
                "response-head" => HeadFuzz.CompareResponse(text, random),
                _ => ChunkedFuzz.Compare(text, random),
            };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            difference = exception.ToString();
        }

        if (difference is null)
        {
            return true;
        }

        output.WriteLine($"{codec} seed {seed}: {difference}");
        output.WriteLine(Escape(text));
        return false;
    }

    private static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char character in text)
        {
            escaped.Append(character switch
            {
                '\r' => "\\r",
                '\n' => "\\n",
                '\t' => "\\t",
                < ' ' or > '~' => $"\\x{(int)character:x2}",
                _ => character.ToString(),
            });
        }

        return escaped.ToString();
    }
}
