using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>Where reading stands, and where it puts what it finds wrong.</summary>
internal readonly record struct ReadScope(string Path, ProblemList Problems)
{
    public ReadScope Key(string name) => this with { Path = ConfigPath.Key(Path, name) };

    public ReadScope Item(int index) => this with { Path = ConfigPath.Item(Path, index) };

    public void Note(HoconValue value) => Problems.Source.Add(Path, value);

    public void Wrong(HoconValue value, string message, string accepted) =>
        Problems.AddError(new ConfigProblem(value.Origin, Path, ConfigSource.Shown(value), message, accepted));

    /// <summary>Reads one value. What is wrong with it is added to the problems, a secret without showing
    /// it.</summary>
    public bool TryRead<TValue>(ValueKind<TValue> kind, HoconValue value, bool isSecret, out TValue read)
    {
        if (!isSecret)
        {
            Note(value);
        }

        Parsed<TValue> parsed = kind.Read(value);
        read = parsed.Value;
        if (parsed.Problem is null)
        {
            return true;
        }

        if (isSecret)
        {
            WrongKey(value.Origin, parsed.Problem, kind.Accepted);
        }
        else
        {
            Wrong(value, parsed.Problem, kind.Accepted);
        }

        return false;
    }

    /// <summary>Something is wrong with a key rather than with its value.</summary>
    public void WrongKey(HoconOrigin origin, string message, string accepted) =>
        Problems.AddError(new ConfigProblem(origin, Path, "", message, accepted));
}
