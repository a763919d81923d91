using System.Diagnostics.CodeAnalysis;
using Proxy.Actors.Hocon.Resolving;
using Proxy.Actors.Hocon.Syntax;

namespace Proxy.Actors.Hocon;

/// <summary>A resolved document, or everything found wrong with it; never both.</summary>
public sealed record HoconResult(HoconValue? Value, IReadOnlyList<HoconError> Errors)
{
    [MemberNotNullWhen(true, nameof(Value))]
    public bool Ok => Value is not null;

    /// <summary>The value as the object nearly every document is; null for errors and for a list at the root.</summary>
    public HoconObject? Root => Value as HoconObject;
}

/// <summary>A document that was read but not resolved, or everything found wrong with it; never both.</summary>
public sealed record HoconLoad(HoconDocument? Document, IReadOnlyList<HoconError> Errors)
{
    [MemberNotNullWhen(true, nameof(Document))]
    public bool Ok => Document is not null;
}

/// <summary>
/// A HOCON document: read with everything it includes (Load), then resolved (Resolve).
/// No input makes these throw or run on: depth, size, includes and expansion are bounded by <see cref="HoconOptions"/>.
/// Not for use from two threads at once; the values it yields are.
/// </summary>
public sealed class HoconDocument
{
    private readonly HoconNode _value;
    private readonly ObjectNode _root;
    private readonly HoconOptions _options;
    private HoconResult? _result;

    private HoconDocument(HoconNode value, ObjectNode root, HoconOptions options)
    {
        _value = value;
        _root = root;
        _options = options;
    }

    public static HoconResult Parse(string text, string fileName, HoconOptions? options = null) =>
        Resolve(Load(text, fileName, options));

    public static HoconResult ParseFile(string path, HoconOptions? options = null) => Resolve(LoadFile(path, options));

    /// <summary>Reads text and its includes, which are looked for beside <paramref name="fileName"/>.</summary>
    public static HoconLoad Load(string text, string fileName, HoconOptions? options = null)
    {
        options ??= HoconOptions.Default;
        var errors = new HoconErrorList(options.MaxErrors);
        var files = new HoconFileSet(options, errors);
        return Build(files.Parse(text, fileName), files, errors, options);
    }

    public static HoconLoad LoadFile(string path, HoconOptions? options = null)
    {
        options ??= HoconOptions.Default;
        var errors = new HoconErrorList(options.MaxErrors);
        var files = new HoconFileSet(options, errors);
        var start = new HoconOrigin(path, 1, 1);
        var syntax = files.Read(path, start);
        if (syntax is null)
        {
            errors.Add(start, "file does not exist");
            return new HoconLoad(null, errors.ToList());
        }

        return Build(syntax, files, errors, options);
    }

    /// <summary>Looks up every substitution. A second call answers the same.</summary>
    public HoconResult Resolve()
    {
        if (_result is null)
        {
            var errors = new HoconErrorList(_options.MaxErrors);
            var value = new HoconResolver(_options, _root, errors).Resolve(_value);
            _result = new HoconResult(value, errors.ToList());
        }

        return _result;
    }

    private static HoconResult Resolve(HoconLoad load) =>
        load.Document?.Resolve() ?? new HoconResult(null, load.Errors);

    private static HoconLoad Build(HoconSyntax syntax, HoconFileSet files, HoconErrorList errors, HoconOptions options)
    {
        var builder = new HoconDocumentBuilder(options, files, errors);
        var value = builder.Build(syntax);
        return errors.Count > 0
            ? new HoconLoad(null, errors.ToList())
            : new HoconLoad(new HoconDocument(value, builder.Root, options), []);
    }
}
