using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Actors.Planning;
using Proxy.Tests.Actors.Config;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Actors.Planning;

public sealed class ConfigFuzzTests
{
    private static readonly string[] Odd =
    [
        "\"\"", "0", "-1", "99999999999999999999", "1e400", "true", "null", "[]", "{}", "[ [] ]", "{ a { b = 1 } }",
        "\"\\u0000\"",
        "\"/\"", "\"//\"", "\"/../\"", "\"(\"", "\"*\"", "\"%{\"", "\"$\"", "5s", "1ns", "10000d", "8E", "\"a,b;c\"",
        "[ 1, x, {} ]",
        "\"http://[::1\"", "\"unix:\"", "\"é\"", "\"a b\"", "auto", "\"*.\"", "\"500-\"", "+D-", "\"[::]:0\"",
        "[ {} ]", "{ \"\" = x }",
    ];

    [Fact]
    public void No_change_of_a_file_makes_loading_fail_otherwise_than_with_errors_and_what_loads_can_be_planned()
    {
        string file = HoconFolder.File("reference.conf");
        string[] lines = [.. File.ReadLines(file).Select(line => line.Split('#')[0].TrimEnd())];
        int[] assignments = [.. Enumerable.Range(0, lines.Length).Where(i => IsAssignment(lines[i]))];
        var options = new HoconOptions { Environment = _ => null };
        var tls = new FixedTlsContexts();
        int planned = 0;
        for (int seed = 0; seed < 250; seed++)
        {
            string text = Mutate(lines, assignments, new Random(seed));
            try
            {
                ConfigLoading loading = ConfigLoader.LoadText(text, "fuzz.conf", options);
                Assert.Equal(loading.Config is null, loading.Errors.Count > 0);
                Assert.All(loading.Errors, error => Assert.True(error.Origin.Line > 0 && error.Message.Length > 0));
                if (loading.Config is { } config)
                {
                    var live = new LiveRegistry(1, tls, LiveTables.Alone(new byte[16]));
                    SnapshotPlanner.Plan(config, live, PlannedRevision.None);
                    Assert.Empty(ConfigDiff.Between(config, config));
                    planned++;
                }
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }

        // Otherwise the half about planning proves nothing.
        Assert.InRange(planned, 20, 230);
    }

    private static string Mutate(string[] lines, int[] assignments, Random random)
    {
        string[] text = [.. lines];
        for (int changes = random.Next(1, 3); changes > 0; changes--)
        {
            int at = assignments[random.Next(assignments.Length)];
            string key = lines[at][..lines[at].IndexOf(" = ", StringComparison.Ordinal)];

            // A line such as "match { path = …" keeps the braces that close what stands before the value.
            string closing = new('}', key.Count(c => c == '{'));
            text[at] = random.Next(8) == 0 ? "" : $"{key} = {Odd[random.Next(Odd.Length)]}{closing}";
        }

        return string.Join('\n', text);
    }

    private static bool IsAssignment(string line) =>
        line.Contains(" = ", StringComparison.Ordinal) && !line.EndsWith('[');
}
