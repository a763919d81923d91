using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>Status sets written in the code, such as defaults, which cannot be wrong.</summary>
internal static class Statuses
{
    public static StatusSet Parse(string text) =>
        StatusSet.TryParse(text, out StatusSet set)
            ? set
            : throw new ArgumentException($"not a status set: {text}", nameof(text));
}
