namespace Proxy.Actors.Config.Schema;

/// <summary>A value, or what is wrong with the text.</summary>
internal readonly record struct Parsed<T>(T Value, string? Problem)
{
    public static implicit operator Parsed<T>(T value) => new(value, null);
}

internal static class Parsed
{
    public static Parsed<T> Wrong<T>(string problem) => new(default!, problem); // Value is read only without a problem.
}
