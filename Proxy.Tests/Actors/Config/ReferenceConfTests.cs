using Proxy.Actors.Config;
using Proxy.Actors.Config.Schema;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Config;

public sealed class ReferenceConfTests
{
    private readonly string _file = HoconFolder.File("reference.conf");

    [Fact]
    public void The_reference_is_a_valid_configuration_of_known_keys()
    {
        ConfigLoading loading = ConfigLoader.Load(_file);

        Assert.Empty(loading.Errors.Select(error => error.ToString()));
    }

    [Fact]
    public void Every_key_of_the_schema_is_in_the_reference_with_its_default()
    {
        HoconObject root = HoconDocument.ParseFile(_file).Root!;
        string[] comments = [.. File.ReadLines(_file).Select(line => line.Trim()).Where(line => line.StartsWith('#'))];
        var wrong = new List<string>();

        Compare(ProxySchema.Block, [(HoconObject)root.Get("proxy")!], "proxy", comments, wrong);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_key_has_words_beside_it_or_says_what_it_means()
    {
        // Keys that repeat a block documented above, and flags whose name says all.
        string[] selfEvident =
        [
            "remove", "set", "add", "default", "enabled", "rise", "path", "window", "content-type", "body", "max-idle",
            "pool", "match", "rewrite", "mode", "headers",
        ];
        IEnumerable<string> bare =
            from line in File.ReadLines(_file)
            let text = line.Trim()
            where text.Length > 0 && text[0] is >= 'a' and <= 'z' && text.Contains(" = ", StringComparison.Ordinal)
            where !text.Contains('#', StringComparison.Ordinal) && !text.EndsWith('[')
            let name = text.Split(' ')[0]
            where !selfEvident.Contains(name)
            select line;

        Assert.Empty(bare);
    }

    private static void Compare(
        IBlockSchema schema, IReadOnlyList<HoconObject> blocks, string path, string[] comments, List<string> wrong)
    {
        foreach (ConfigKey key in schema.Keys)
        {
            string inner = $"{path}.{key.Name}";
            string name = HoconPath.Render([key.Name]);
            HoconValue[] values = [.. blocks.Select(block => block.Get(name)).OfType<HoconValue>()];
            if (key.Reserved)
            {
                if (!comments.Any(line => line.StartsWith($"# {key.Name} ", StringComparison.Ordinal)))
                {
                    wrong.Add($"{inner}: reserved, not mentioned in a comment");
                }
            }
            else if (values.Length == 0)
            {
                wrong.Add($"{inner}: missing");
            }
            else if (key.Block is { } block)
            {
                Compare(block, [.. values.SelectMany(value => Blocks(value, key.IsMap))], inner, comments, wrong);
            }
            else if (!string.IsNullOrEmpty(key.DefaultText))
            {
                wrong.AddRange(values.Select(key.Normalize).Where(text => text != key.DefaultText)
                    .Select(text => $"{inner}: {text} instead of the default {key.DefaultText}"));
            }
        }
    }

    private static IEnumerable<HoconObject> Blocks(HoconValue value, bool isMap) => value switch
    {
        HoconArray list => list.Items.Cast<HoconObject>(),
        HoconObject map when isMap => map.Members.Select(member => (HoconObject)member.Value),
        _ => [(HoconObject)value],
    };
}
