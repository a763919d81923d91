namespace Proxy.Actors.Config;

/// <summary>Where and how the requests of a listener are logged.</summary>
public sealed record AccessLogConfig
{
    public bool Enabled { get; init; } = true;

    /// <summary>combined, json, or a template.</summary>
    public string Format { get; init; } = "combined";

    /// <summary>File, or "-" for standard output.</summary>
    public string Path { get; init; } = "-";

    /// <summary>Bytes after which the file is rotated; 0 = only on signal.</summary>
    public long RotateSize { get; init; }

    /// <summary>Rotated files that stay.</summary>
    public int Keep { get; init; } = 5;
}
