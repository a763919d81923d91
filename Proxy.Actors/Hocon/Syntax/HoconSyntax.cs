namespace Proxy.Actors.Hocon.Syntax;

/// <summary>What one file says, before includes are read, keys merged and substitutions looked up. Immutable.</summary>
internal abstract class HoconSyntax(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class ScalarSyntax(HoconScalar value) : HoconSyntax(value.Origin)
{
    public HoconScalar Value { get; } = value;
}

/// <summary>
/// Unquoted white space between two parts of a concatenation: kept in strings, dropped between lists and objects.
/// </summary>
internal sealed class BlankSyntax(HoconOrigin origin, string text) : HoconSyntax(origin)
{
    public string Text { get; } = text;
}

/// <summary><c>${path}</c>, <c>${?path}</c> or <c>${path[]}</c>.</summary>
internal sealed class ReferenceSyntax(HoconOrigin origin, string[] path, bool optional, bool list) : HoconSyntax(origin)
{
    public string[] Path { get; } = path;

    public bool Optional { get; } = optional;

    public bool List { get; } = list;
}

internal sealed class ArraySyntax(HoconOrigin origin, List<HoconSyntax> items) : HoconSyntax(origin)
{
    public List<HoconSyntax> Items { get; } = items;
}

internal sealed class ObjectSyntax(HoconOrigin origin, List<EntrySyntax> entries) : HoconSyntax(origin)
{
    public List<EntrySyntax> Entries { get; } = entries;
}

/// <summary>At least two parts on one line, of which at least one is not a plain scalar.</summary>
internal sealed class ConcatSyntax(HoconOrigin origin, List<HoconSyntax> parts) : HoconSyntax(origin)
{
    public List<HoconSyntax> Parts { get; } = parts;
}

internal abstract class EntrySyntax(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class FieldSyntax(HoconOrigin origin, string[] path, bool append, HoconSyntax value)
    : EntrySyntax(origin)
{
    public string[] Path { get; } = path;

    /// <summary>Written with <c>+=</c>.</summary>
    public bool Append { get; } = append;

    public HoconSyntax Value { get; } = value;
}

internal sealed class IncludeSyntax(HoconOrigin origin, string name, bool required, bool exact) : EntrySyntax(origin)
{
    public string Name { get; } = name;

    public bool Required { get; } = required;

    /// <summary>Written with <c>file(…)</c>, so never taken for a URL.</summary>
    public bool Exact { get; } = exact;
}
