using Proxy.Tests.Actors.Hocon;

namespace Proxy.Tests.Fuzz;

/// <summary>Broken HOCON documents for as long as one likes; the short run is <see cref="HoconFuzzTests"/>.</summary>
public static class HoconFuzz
{
    public static IReadOnlyList<string> Codecs { get; } = ["hocon"];

    /// <summary>Runs rounds until the time is over; writes the first failure and returns false.</summary>
    public static bool Run(string codec, int seed, TimeSpan duration, TextWriter output)
    {
        long start = TimeProvider.System.GetTimestamp();
        int rounds = 0;
        for (; TimeProvider.System.GetElapsedTime(start) < duration; rounds++)
        {
            if (HoconFuzzTests.Problem(unchecked(seed + rounds)) is { } problem)
            {
                output.WriteLine(problem);
                return false;
            }
        }

        output.WriteLine($"{codec}: {rounds} documents from seed {seed}, each a value or an error in its place");
        return true;
    }
}
