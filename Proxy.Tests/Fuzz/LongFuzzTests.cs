using System.Globalization;
using System.Reflection;

namespace Proxy.Tests.Fuzz;

/// <summary>Fuzzing for as long as one likes, started by `ops/fuzz`. Every class of this project whose name ends in Fuzz and
/// which has <c>Codecs</c> and <c>Run(codec, seed, duration, output)</c> takes part.</summary>
public sealed class LongFuzzTests
{
    private delegate bool Fuzz(string codec, int seed, TimeSpan duration, TextWriter output);

    [Fact(Explicit = true)]
    public void Codecs_withstand_whatever_comes()
    {
        var wanted = Environment.GetEnvironmentVariable("PROXY_FUZZ_CODEC") ?? "";
        var duration = TimeSpan.FromSeconds(Number("PROXY_FUZZ_SECONDS", 60));
        var seed = unchecked((int)Number("PROXY_FUZZ_SEED", 1));
        var all = Find().ToList();
        var chosen = all.Where(one => wanted.Length == 0 || one.Codec == wanted).ToList();
        Assert.True(
            chosen.Count > 0, $"There is no codec \"{wanted}\"; there are {string.Join(", ", all.Select(one => one.Codec))}.");

        foreach (var (codec, run) in chosen)
        {
            using var output = new StringWriter(CultureInfo.InvariantCulture);
            Assert.True(run(codec, seed, duration, output), $"{codec}, first seed {seed}:\n{output}");
            TestContext.Current.SendDiagnosticMessage($"{codec}: {output}");
        }
    }

    private static IEnumerable<(string Codec, Fuzz Run)> Find() =>
        from type in typeof(LongFuzzTests).Assembly.GetTypes()
        where type.Name.EndsWith("Fuzz", StringComparison.Ordinal)
        let codecs = type.GetProperty("Codecs", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as IEnumerable<string>
        let run = type.GetMethod("Run", [typeof(string), typeof(int), typeof(TimeSpan), typeof(TextWriter)])
        where codecs is not null && run is not null
        from codec in codecs
        orderby codec
        select (codec, run.CreateDelegate<Fuzz>());

    private static long Number(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
