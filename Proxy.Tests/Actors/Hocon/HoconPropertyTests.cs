using System.Text.Json;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>What holds for every document. Each case is a seed, printed when it fails.</summary>
public sealed class HoconPropertyTests
{
    private const int Cases = 1000;

    [Fact]
    public void A_written_value_reads_back_equal()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var value = new RandomHocon(seed).Object(4);

            AssertSame(value, Parse(HoconWriter.Write(value), seed), seed);
            AssertSame(value, Parse(HoconJson.Write(value), seed), seed);
            AssertSame(value, Parse(HoconJson.Write(value, indented: true), seed), seed);
        }
    }

    [Fact]
    public void Resolving_twice_changes_nothing()
    {
        var resolved = 0;
        for (var seed = 0; seed < Cases * 2; seed++)
        {
            var text = new RandomHocon(seed).Document();
            var once = HoconDocument.Parse(text, "f", HoconVectors.Closed);
            if (once.Ok)
            {
                resolved++;
                AssertSame(once.Value, Parse(HoconWriter.Write(once.Value), seed), seed);
            }
            else
            {
                AssertErrorsPointInside(text, once, seed);
            }
        }

        Assert.True(resolved > Cases / 2, $"only {resolved} documents were without error");
    }

    [Fact]
    public void Reads_JSON_as_the_framework_does()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new RandomHocon(seed);
            var json = HoconJson.Write(random.Object(4), indented: random.Random.Next(2) == 0);
            using var expected = JsonDocument.Parse(json);

            AssertSame(FromJson(expected.RootElement), Parse(json, seed), seed);
        }
    }

    [Fact]
    public void A_document_means_the_same_inside_an_include_at_the_root()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var text = new RandomHocon(seed).Document();
            var options = HoconVectors.Closed with { Files = new MemoryFiles(("b.conf", text)) };
            var direct = HoconDocument.Parse(text, "b.conf", options);
            var included = HoconDocument.Parse("include \"b.conf\"", "a.conf", options);

            Assert.True(direct.Ok == included.Ok, $"seed {seed}");
            Assert.True(!direct.Ok || direct.Value!.SameAs(included.Value!), $"seed {seed}");
            Assert.Equal(direct.Errors, included.Errors);
        }
    }

    [Fact]
    public void A_written_path_reads_back_equal()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var value = new RandomHocon(seed).Object(2);
            var keys = value.Members.Select(member => member.Key).ToArray();
            if (keys.Length > 0)
            {
                Assert.True(HoconPath.TryParse(HoconPath.Render(keys), out var read), $"seed {seed}");
                Assert.Equal(keys, read);
            }
        }
    }

    private static HoconValue Parse(string text, int seed)
    {
        var result = HoconDocument.Parse(text, "f", HoconVectors.Closed);
        Assert.True(result.Ok, $"seed {seed}: {string.Join('\n', result.Errors)}\n{text}");
        return result.Value;
    }

    private static void AssertSame(HoconValue expected, HoconValue actual, int seed) =>
        Assert.True(
            expected.SameAs(actual),
            $"seed {seed}\nexpected {HoconJson.Write(expected)}\nactual   {HoconJson.Write(actual)}");

    private static void AssertErrorsPointInside(string text, HoconResult result, int seed)
    {
        Assert.Null(result.Value);
        Assert.NotEmpty(result.Errors);
        var lines = text.Split('\n');
        foreach (var error in result.Errors)
        {
            var inside = error.Origin.Line >= 1 && error.Origin.Line <= lines.Length
                && error.Origin.Column >= 1 && error.Origin.Column <= lines[error.Origin.Line - 1].Length + 1;
            Assert.True(inside, $"seed {seed}: {error}\n{text}");
        }
    }

    private static HoconValue FromJson(JsonElement json)
    {
        var origin = new HoconOrigin("json", 1, 1);
        return json.ValueKind switch
        {
            JsonValueKind.Object => new HoconObject(
                [.. json.EnumerateObject().Select(p => new HoconMember(p.Name, origin, FromJson(p.Value)))], origin),
            JsonValueKind.Array => new HoconArray([.. json.EnumerateArray().Select(FromJson)], origin),
            JsonValueKind.String => HoconScalar.String(json.GetString()!, origin),
            JsonValueKind.Number => HoconScalar.Number(json.GetRawText(), origin),
            JsonValueKind.Null => HoconScalar.Null(origin),
            _ => HoconScalar.Boolean(json.GetBoolean(), origin),
        };
    }
}
