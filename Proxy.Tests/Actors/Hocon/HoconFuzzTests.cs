using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>Broken documents: never an exception, and always a value or an error that points into a file.</summary>
public sealed class HoconFuzzTests
{
    private const int Cases = 2500;

    private static readonly string[] Corpus =
    [
        "a { b = [1, 2 ${x}], c = \"s\\u0041\" }\n\"d.e\" += {f = null}\n",
        "# c\ninclude \"b\"\ninclude required(file(\"b.conf\"))\na.b.c = \"\"\"m\n\"\"\" // d\r\n",
        "a = ${b} {c = ${?a.d}}\nb { d = ${a.c}, e += 1, e += ${b.e} }\na = ${a} x\n",
        "{ \"k\" : [true, false, null, -1.5e+3, \"\\n\"], }",
        "a += 1, a += ${a}, b = [${a}] [${b}], c = ${a}${b}${?c}\n",
    ];

    private static readonly string[] Bits =
    [
        "{", "}", "[", "]", "\"", "\"\"\"", ":", "=", "+=", ",", "\n", "\r", "#", "//", "${", "${?", "}", ".", "\\",
        "\\u", "include ", "required(", "a", "b", "${a}", "${?b}", "a.b", "1", "-", "é", "\uD800", "\0", " ", "\u2028", "\uFEFF",
        "true", "[]}",
    ];

    [Fact]
    public void Broken_documents_give_a_value_or_an_error_inside_the_file()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            Assert.Null(Problem(seed));
        }
    }

    /// <summary>What is wrong with how one broken document was read; null when nothing is.</summary>
    internal static string? Problem(int seed)
    {
        var text = Mutate(new Random(seed));
        var other = Mutate(new Random(~seed));
        var files = new MemoryFiles(("b.json", "{\"z\": ${?a}}"), ("b.conf", other));
        var result = HoconDocument.Parse(text, "a.conf", HoconVectors.Closed with { Files = files });
        if (result.Ok != (result.Errors.Count == 0))
        {
            return $"seed {seed}: neither a value nor an error, or both\n{text}";
        }

        foreach (var error in result.Errors)
        {
            var source = error.Origin.File switch
            {
                "a.conf" => text,
                "b.json" => "{\"z\": ${?a}}",
                _ => other,
            };
            var lines = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(source)).Split('\n');
            var inside = error.Origin.Line <= lines.Length
                && error.Origin.Column >= 1
                && error.Origin.Column <= lines[error.Origin.Line - 1].Length + 1;
            if (!inside)
            {
                return $"seed {seed}: {error} is outside its file\n{text}";
            }
        }

        if (!result.Ok)
        {
            return null;
        }

        var again = HoconDocument.Parse(HoconWriter.Write(result.Value), "again", HoconVectors.Closed);
        return again.Ok && again.Value.SameAs(result.Value) ? null : $"seed {seed}: written and read it differs\n{text}";
    }

    [Fact]
    public void Random_bytes_on_disk_give_a_value_or_an_error()
    {
        var bytes = new byte[200];
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            random.NextBytes(bytes);
            var files = new BytesFile(bytes[..random.Next(bytes.Length)]);

            var result = HoconDocument.ParseFile("a.conf", HoconVectors.Closed with { Files = files });

            Assert.True(result.Ok == (result.Errors.Count == 0), $"seed {seed}");
        }
    }

    private static string Mutate(Random random)
    {
        var text = new StringBuilder(Corpus[random.Next(Corpus.Length)]);
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(5), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, text.ToString(0, Math.Min(at, 20)));
                    break;
                default:
                    text.Insert(at, Bits[random.Next(Bits.Length)]);
                    break;
            }
        }

        return text.ToString();
    }

    private sealed class BytesFile(byte[] bytes) : IHoconFiles
    {
        public HoconFileContent Read(string path, long maxBytes) => new(bytes, null);
    }
}
