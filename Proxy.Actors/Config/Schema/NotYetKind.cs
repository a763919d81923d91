namespace Proxy.Actors.Config.Schema;

/// <summary>Words of the language of which this version has only the first.</summary>
internal static class NotYetKind
{
    public static ScalarKind<string> Word(string available, params string[] later) => new(
        available,
        scalar => scalar.Text == available ? available
            : later.Contains(scalar.Text) ? Parsed.Wrong<string>("not available yet in this version")
            : Parsed.Wrong<string>("unknown"),
        value => value);
}
