using Proxy.Actors.Config.Validation;
using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config;

/// <summary>A configuration that may be run, or all that is wrong with it.</summary>
/// <param name="Config">Null when there are errors.</param>
/// <param name="Warnings">What is probably not meant; never keeps a configuration from running.</param>
public sealed record ConfigLoading(
    ProxyConfig? Config, ConfigList<ConfigProblem> Errors, ConfigList<ConfigProblem> Warnings);

/// <summary>From a file to a validated configuration. All errors are reported at once: those of the file's syntax
/// first, because without it nothing else can be judged, then those of keys and of what they say together.</summary>
public static class ConfigLoader
{
    public static ConfigLoading Load(string file, HoconOptions? options = null) =>
        Judge(HoconDocument.ParseFile(file, options), file);

    /// <param name="file">Name for messages, and the place from which includes are looked for.</param>
    public static ConfigLoading LoadText(string text, string file, HoconOptions? options = null) =>
        Judge(HoconDocument.Parse(text, file, options), file);

    /// <param name="root">A document that was read and resolved already, perhaps put together from several.</param>
    /// <param name="file">Name for messages about what is not in the document.</param>
    public static ConfigLoading LoadDocument(HoconObject root, string file) =>
        Judge(root, new ConfigSource(new HoconOrigin(file, 1, 1)));

    private static ConfigLoading Judge(HoconResult document, string file)
    {
        var source = new ConfigSource(new HoconOrigin(file, 1, 1));
        if (!document.Ok)
        {
            var errors = document.Errors.Select(error => new ConfigProblem(error.Origin, "", "", error.Message, ""));
            return new ConfigLoading(null, ConfigList.From(errors), []);
        }

        if (document.Root is not { } root)
        {
            var problems = new ProblemList(source);
            problems.Error("", "the file holds a list, not keys", "proxy { … }");
            return new ConfigLoading(null, problems.Errors, []);
        }

        return Judge(root, source);
    }

    private static ConfigLoading Judge(HoconObject root, ConfigSource source)
    {
        var problems = new ProblemList(source);
        ProxyConfig config = ConfigReader.Read(root, problems);
        ConfigValidation.Run(config, problems);
        ConfigList<ConfigProblem> found = problems.Errors;
        return new ConfigLoading(found.Count == 0 ? config : null, found, problems.Warnings);
    }
}
