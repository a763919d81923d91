using Proxy.Actors.Hocon;
using Proxy.Edge.Routing;

namespace Proxy.Actors.Config.Schema;

/// <summary>Kinds of values about matching and editing requests.</summary>
internal static class RouteKinds
{
    public static readonly ScalarKind<int> RedirectStatus = Kinds.Choice(
        ("301", 301), ("302", 302), ("303", 303), ("307", 307), ("308", 308));

    public static readonly NamedKind<NamedText> Texts = new(
        "a block of names and texts, { Name = \"text\" }",
        (name, value) => value is HoconScalar scalar && !scalar.Text.Any(char.IsControl)
            ? new NamedText(name, scalar.Text)
            : Parsed.Wrong<NamedText>("not a text of one line"),
        text => $"{text.Name} = {text.Value}",
        dotted: true);

    private const string TestForms =
        "\"the exact value\", { prefix = \"…\" }, { regex = \"…\" } or { present = true | false }";

    public static readonly NamedKind<ValueMatch> Tests = new(
        $"a block of names, each with {TestForms}", ReadTest, ShowTest, dotted: false);

    private static Parsed<ValueMatch> ReadTest(string name, HoconValue value)
    {
        if (value is HoconScalar exact)
        {
            return new ValueMatch(name, ValueMatchKind.Exact, exact.Text);
        }

        if (value is not HoconObject { Members: [{ Value: HoconScalar scalar } test] })
        {
            return Parsed.Wrong<ValueMatch>($"not a test; a test is {TestForms}");
        }

        return test.Key switch
        {
            "exact" => new ValueMatch(name, ValueMatchKind.Exact, scalar.Text),
            "prefix" => new ValueMatch(name, ValueMatchKind.Prefix, scalar.Text),
            "regex" => new ValueMatch(name, ValueMatchKind.Regex, scalar.Text),
            "present" when scalar.TryBoolean(out bool present) =>
                new ValueMatch(name, present ? ValueMatchKind.Present : ValueMatchKind.Absent),
            _ => Parsed.Wrong<ValueMatch>($"\"{test.Key}\" is not a test; a test is {TestForms}"),
        };
    }

    private static string ShowTest(ValueMatch test) => test.Kind switch
    {
        ValueMatchKind.Exact => $"{test.Name} = {test.Value}",
        ValueMatchKind.Present => $"{test.Name} present",
        ValueMatchKind.Absent => $"{test.Name} absent",
        _ => $"{test.Name} {test.Kind.ToString().ToLowerInvariant()} {test.Value}",
    };
}
