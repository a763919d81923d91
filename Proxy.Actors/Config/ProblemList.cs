namespace Proxy.Actors.Config;

/// <summary>Collects everything that is wrong or doubtful. A key with an error gets no second one: what follows from
/// the first would only confuse.</summary>
internal sealed class ProblemList(ConfigSource source)
{
    private readonly List<ConfigProblem> _errors = [];
    private readonly List<ConfigProblem> _warnings = [];
    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);

    public ConfigSource Source { get; } = source;

    /// <summary>In the order of the file.</summary>
    public ConfigList<ConfigProblem> Errors => Sorted(_errors);

    public ConfigList<ConfigProblem> Warnings => Sorted(_warnings);

    public bool IsWrong(string path) => _wrong.Contains(path);

    /// <summary>An error found while reading, at a place of its own.</summary>
    public void AddError(ConfigProblem problem)
    {
        if (_wrong.Add(problem.Path))
        {
            _errors.Add(problem);
        }
    }

    public void Error(string path, string message, string accepted = "") => AddError(At(path, message, accepted));

    public void Warn(string path, string message, string accepted = "") =>
        _warnings.Add(At(path, message, accepted));

    private ConfigProblem At(string path, string message, string accepted) =>
        new(Source.OriginOf(path), path, Source.ValueOf(path), message, accepted);

    private static ConfigList<ConfigProblem> Sorted(List<ConfigProblem> problems) => ConfigList.From(problems
        .OrderBy(problem => problem.Origin.File, StringComparer.Ordinal)
        .ThenBy(problem => problem.Origin.Line)
        .ThenBy(problem => problem.Origin.Column));
}
