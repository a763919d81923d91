using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config;

/// <summary>One thing an operator has to look at. Prints as one line.</summary>
/// <param name="Path">Key, e.g. proxy.pools.app.members[1].weight; empty for the syntax of the file.</param>
/// <param name="Value">What was found there, as written; empty when there is nothing to show.</param>
/// <param name="Accepted">What would be accepted; empty when the message says it.</param>
public sealed record ConfigProblem(HoconOrigin Origin, string Path, string Value, string Message, string Accepted)
{
    public override string ToString()
    {
        string place = Path.Length == 0 ? "" : Value.Length == 0 ? $"{Path}: " : $"{Path} = {Value}: ";
        string accepted = Accepted.Length == 0 ? "" : $"; accepted: {Accepted}";
        return $"{Origin}: {place}{Message}{accepted}";
    }
}
