namespace Proxy.Actors.Config;

/// <summary>Edits of a head, applied in the order remove, set, add, default.</summary>
public sealed record HeaderEditsConfig
{
    /// <summary>Replaces all fields of that name by one.</summary>
    public ConfigList<NamedText> Set { get; init; } = [];

    public ConfigList<NamedText> Add { get; init; } = [];

    public ConfigList<string> Remove { get; init; } = [];

    /// <summary>Adds only when no field of that name is there.</summary>
    public ConfigList<NamedText> Default { get; init; } = [];
}
