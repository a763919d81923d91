using Proxy.Actors.Hocon.Syntax;

namespace Proxy.Actors.Hocon.Resolving;

/// <summary>Merges the keys of a file and of everything it includes into one tree of slots.</summary>
internal sealed class HoconDocumentBuilder(HoconOptions options, HoconFileSet files, HoconErrorList errors)
{
    private readonly List<string> _openFiles = [];
    private long _nodes;

    /// <summary>The root object; a document whose root is a list has an empty one.</summary>
    public ObjectNode Root { get; private set; } = new(new HoconOrigin(string.Empty, 1, 1), null, isRoot: true);

    /// <summary>The root object or the root list.</summary>
    public HoconNode Build(HoconSyntax syntax)
    {
        Root = new ObjectNode(syntax.Origin, null, isRoot: true);
        var scope = new IncludeScope(null, Root, []);
        _openFiles.Add(syntax.Origin.File);
        if (syntax is not ObjectSyntax root)
        {
            return Static(syntax, scope, 0);
        }

        Fill(Root, root, scope, 1);
        return Root;
    }

    private void Fill(ObjectNode target, ObjectSyntax syntax, IncludeScope scope, int depth)
    {
        foreach (var entry in syntax.Entries)
        {
            if (errors.Stopped || !Count(entry.Origin))
            {
                return;
            }

            if (entry is IncludeSyntax include)
            {
                Include(target, include, scope, depth);
            }
            else if (entry is FieldSyntax field)
            {
                Assign(target, field, scope, depth);
            }
        }
    }

    private void Assign(ObjectNode target, FieldSyntax field, IncludeScope scope, int depth)
    {
        depth += field.Path.Length - 1;
        if (!CheckDepth(depth, field.Origin))
        {
            return;
        }

        var slot = target.GetOrAdd(field.Path[0], field.Origin);
        foreach (var key in field.Path.AsSpan(1))
        {
            slot = slot.GetOrAddObject(field.Origin).GetOrAdd(key, field.Origin);
        }

        slot.KeyOrigin = field.Origin;
        if (field.Append)
        {
            slot.Layers.Add(new AppendNode(Static(field.Value, scope, depth)));
        }
        else
        {
            Assign(slot, field.Value, scope, depth);
        }
    }

    private void Assign(Slot slot, HoconSyntax value, IncludeScope scope, int depth)
    {
        switch (value)
        {
            case ObjectSyntax map:
                if (CheckDepth(depth + 1, map.Origin))
                {
                    Fill(slot.GetOrAddObject(map.Origin), map, scope, depth + 1);
                }

                break;
            case ReferenceSyntax reference:
                slot.Layers.Add(Refer(reference, scope, mustBeObject: false));
                break;
            case ConcatSyntax concat when IsInheritance(concat):
                foreach (var part in concat.Parts)
                {
                    if (part is ReferenceSyntax parent)
                    {
                        slot.Layers.Add(Refer(parent, scope, mustBeObject: true));
                    }
                    else if (part is ObjectSyntax)
                    {
                        Assign(slot, part, scope, depth);
                    }
                }

                break;
            case ConcatSyntax concat:
                slot.Layers.Add(new ConcatNode(concat.Origin, [.. concat.Parts.Select(p => Static(p, scope, depth))]));
                break;
            default:
                slot.Set(Static(value, scope, depth));
                break;
        }
    }

    /// <summary>
    /// <c>${parent} { … }</c>: the same as assigning the parent and then the object, and better than joining two
    /// finished
    /// values, because substitutions inside the braces can then look at the whole.
    /// </summary>
    private static bool IsInheritance(ConcatSyntax concat)
    {
        var objects = false;
        foreach (var part in concat.Parts)
        {
            if (part is ObjectSyntax)
            {
                objects = true;
            }
            else if (part is not BlankSyntax && (objects || part is not ReferenceSyntax))
            {
                return false;
            }
        }

        return objects;
    }

    /// <summary>A value no path leads to: list items, parts of a concatenation, the right side of +=.</summary>
    private HoconNode Static(HoconSyntax syntax, IncludeScope scope, int depth)
    {
        Count(syntax.Origin);
        switch (syntax)
        {
            case ScalarSyntax scalar:
                return new LiteralNode(scalar.Value);
            case BlankSyntax blank:
                return new BlankNode(blank.Origin, blank.Text);
            case ArraySyntax array:
                CheckDepth(depth + 1, array.Origin);
                return new ArrayNode(array.Origin, [.. array.Items.Select(item => Item(item, scope, depth + 1))]);
            case ObjectSyntax map:
                var node = new ObjectNode(map.Origin, null);
                if (CheckDepth(depth + 1, map.Origin))
                {
                    Fill(node, map, scope, depth + 1);
                }

                return node;
            case ReferenceSyntax reference:
                return Refer(reference, scope, mustBeObject: false);
            default:
                return Item(syntax, scope, depth);
        }
    }

    /// <summary>What has to be resolved gets a slot of its own, so that a circle through it is seen.</summary>
    private HoconNode Item(HoconSyntax syntax, IncludeScope scope, int depth)
    {
        if (syntax is not (ReferenceSyntax or ConcatSyntax))
        {
            return Static(syntax, scope, depth);
        }

        var slot = new Slot(syntax.Origin, string.Empty, null);
        Assign(slot, syntax, scope, depth);
        return slot;
    }

    private static ReferenceNode Refer(ReferenceSyntax syntax, IncludeScope scope, bool mustBeObject) =>
        new(syntax.Origin, syntax.Path, syntax.Optional, syntax.List, scope) { MustBeObject = mustBeObject };

    private void Include(ObjectNode target, IncludeSyntax include, IncludeScope scope, int depth)
    {
        if (!include.Exact && include.Name.Contains("://", StringComparison.Ordinal))
        {
            errors.Add(include.Origin, $"'{include.Name}' is a URL, which cannot be included: expected a file name");
            return;
        }

        var found = false;
        foreach (var path in HoconFileSet.Candidates(include))
        {
            if (_openFiles.Contains(path))
            {
                found = true;
                var circle = string.Join(" -> ", _openFiles.SkipWhile(open => open != path).Append(path));
                errors.Add(include.Origin, $"include circle: {circle}");
            }
            else if (_openFiles.Count >= options.MaxIncludeDepth)
            {
                errors.AddLast(include.Origin, $"more than {options.MaxIncludeDepth} files include one another");
                return;
            }
            else if (files.Read(path, include.Origin) is { } syntax)
            {
                found = true;
                Include(target, include, syntax, path, scope, depth);
            }
        }

        if (!found && include.Required)
        {
            errors.Add(include.Origin, $"required file '{HoconFileSet.Candidates(include).First()}' does not exist");
        }
    }

    private void Include(
        ObjectNode target, IncludeSyntax include, HoconSyntax syntax, string path, IncludeScope scope, int depth)
    {
        if (syntax is not ObjectSyntax map)
        {
            errors.Add(include.Origin, $"included file '{path}' holds a list: expected an object");
            return;
        }

        var prefix = target.IsRoot ? [] : target.Holder?.Path();
        _openFiles.Add(path);
        Fill(target, map, new IncludeScope(scope, target, prefix), depth);
        _openFiles.RemoveAt(_openFiles.Count - 1);
    }

    private bool CheckDepth(int depth, HoconOrigin origin)
    {
        if (depth <= options.MaxDepth)
        {
            return true;
        }

        errors.AddLast(origin, $"more than {options.MaxDepth} nested objects and lists");
        return false;
    }

    /// <summary>Small files that include each other's neighbours twice multiply; this is where that ends.</summary>
    private bool Count(HoconOrigin origin)
    {
        if (++_nodes <= options.MaxExpansion)
        {
            return true;
        }

        errors.AddLast(origin, $"with its includes the document grows beyond {options.MaxExpansion} values");
        return false;
    }
}
