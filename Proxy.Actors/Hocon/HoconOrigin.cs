namespace Proxy.Actors.Hocon;

/// <summary>Where something was written. Line and column are 1-based; a column counts UTF-16 units.</summary>
public sealed record HoconOrigin(string File, int Line, int Column)
{
    public override string ToString() => $"{File}:{Line}:{Column}";
}

/// <summary>One thing wrong with a document, and what was expected instead.</summary>
public sealed record HoconError(HoconOrigin Origin, string Message)
{
    public override string ToString() => $"{Origin}: {Message}";
}
