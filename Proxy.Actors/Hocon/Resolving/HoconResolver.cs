namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// Turns the tree of slots into values. Everything is evaluated when first asked for. While a layer that holds a
/// substitution is being resolved, lookups that come back to its slot see only the layers below (the slot's "cut"):
/// this one rule gives self-reference, look-back through several keys, and an end to every circle. Only a path into
/// an object may also be answered by layers above, because it needs a part of the value and not the value itself.
/// </summary>
internal sealed class HoconResolver(HoconOptions options, ObjectNode root, HoconErrorList errors)
{
    private readonly ResolveStack _stack = new();
    private readonly ResolveBudget _budget = new(options, errors);
    private readonly HoconJoiner _joiner = new(errors);
    private readonly HoconEnvironment _environment = new(options.Environment);

    /// <summary>Null when errors were reported.</summary>
    public HoconValue? Resolve(HoconNode node)
    {
        var outcome = Evaluate(node);
        return errors.Count == 0 ? outcome.Value : null;
    }

    private Outcome Evaluate(HoconNode node)
    {
        if (!_budget.Spend(1, node.Origin))
        {
            return Outcome.Failed;
        }

        return node switch
        {
            LiteralNode literal => Outcome.Of(literal.Value),
            ObjectNode map => Evaluate(map),
            ArrayNode array => Evaluate(array),
            Slot slot => Evaluate(slot, slot.Layers.Count),
            ReferenceNode reference => Evaluate(reference),
            ConcatNode concat => Evaluate(concat),
            _ => throw new InvalidOperationException($"a {node.GetType().Name} has no value of its own"),
        };
    }

    private Outcome Evaluate(ObjectNode map)
    {
        var members = new List<HoconMember>(map.Slots.Count);
        var failed = false;
        foreach (var slot in map.Slots)
        {
            var outcome = Evaluate((HoconNode)slot);
            if (outcome.Kind == OutcomeKind.Circle)
            {
                return outcome;
            }

            failed |= outcome.Kind == OutcomeKind.Failed;
            if (outcome.Value is { } value)
            {
                members.Add(new HoconMember(slot.Key, slot.KeyOrigin, value));
            }
        }

        return failed ? Outcome.Failed : _budget.Bounded(new HoconObject(members, map.Origin));
    }

    private Outcome Evaluate(ArrayNode array)
    {
        var items = new List<HoconValue>(array.Items.Length);
        var failed = false;
        foreach (var item in array.Items)
        {
            var outcome = Evaluate(item);
            if (outcome.Kind == OutcomeKind.Circle)
            {
                return outcome;
            }

            failed |= outcome.Kind == OutcomeKind.Failed;
            if (outcome.Value is { } value)
            {
                items.Add(value);
            }
        }

        return failed ? Outcome.Failed : _budget.Bounded(new HoconArray(items, array.Origin));
    }

    /// <summary>The value of the oldest <paramref name="limit"/> layers, or of fewer where the slot is cut.</summary>
    private Outcome Evaluate(Slot slot, int limit)
    {
        if (slot.Memo is not null && limit == slot.Layers.Count)
        {
            return Outcome.Of(slot.Memo);
        }

        var outerCut = _stack.OutermostCut;
        _stack.OutermostCut = int.MaxValue;
        var visible = _stack.Visible(slot, limit);
        var outcome = visible < limit ? Outcome.Circle : Outcome.Undefined;
        HoconObject? upper = null;
        for (var i = visible - 1; i >= 0; i--)
        {
            var layer = EvaluateLayer(slot, i);
            if (!Lay(layer, ref upper, ref outcome))
            {
                break;
            }
        }

        if (limit == slot.Layers.Count && _stack.OutermostCut > _stack.Frames && visible == limit)
        {
            slot.Memo = outcome.Value;
        }

        _stack.OutermostCut = Math.Min(outerCut, _stack.OutermostCut);
        return outcome;
    }

    /// <summary>
    /// Puts what is above over what the next older layer gave; false when still older layers do not matter.
    /// </summary>
    private bool Lay(Outcome lower, ref HoconObject? upper, ref Outcome result)
    {
        if (lower.Kind == OutcomeKind.Undefined)
        {
            return true;
        }

        if (lower.IsFinal || (lower.Kind == OutcomeKind.Hidden && upper is null))
        {
            result = lower;
            return false;
        }

        if (lower.Value is not HoconObject map)
        {
            result = upper is null ? lower : result;
            return false;
        }

        if (upper is not null && !_budget.Spend(map.Members.Count + upper.Members.Count, upper.Origin))
        {
            result = Outcome.Failed;
            return false;
        }

        upper = upper is null ? map : upper.WithFallback(map);
        result = _budget.Bounded(upper);
        return !result.IsFinal;
    }

    private Outcome EvaluateLayer(Slot slot, int index)
    {
        var layer = slot.Layers[index];
        if (layer is LiteralNode or ArrayNode or ObjectNode)
        {
            return Evaluate(layer);
        }

        var frame = _stack.Enter(slot, index);
        var outcome = layer is AppendNode ? EvaluateAppends(slot, index) : Evaluate(layer);
        _stack.Leave(slot, frame);
        return outcome;
    }

    /// <summary>
    /// Neighbouring += are done in one go: a thousand of them must not need a thousand levels of stack.
    /// </summary>
    private Outcome EvaluateAppends(Slot slot, int last)
    {
        var first = last;
        while (first > 0 && slot.Layers[first - 1] is AppendNode)
        {
            first--;
        }

        _stack.Move(first);
        var below = Below(slot, first, []);
        if (below.IsFinal)
        {
            return below;
        }

        var items = new List<HoconValue>();
        if (below.Value is { } earlier)
        {
            if (!HoconUnits.TryList(earlier, out var list))
            {
                errors.Add(
                    slot.Layers[first].Origin,
                    $"'+=' adds to a list, but the earlier value of '{slot.Key}' ({earlier.Origin}) "
                        + $"is {Name(earlier)}");
                return Outcome.Failed;
            }

            items.AddRange(list);
        }

        for (var i = first; i <= last; i++)
        {
            _stack.Move(i);
            var item = Evaluate(((AppendNode)slot.Layers[i]).Item);
            if (item.IsFinal)
            {
                return item;
            }

            if (item.Value is { } value)
            {
                items.Add(value);
            }
        }

        return _budget.Spend(items.Count, slot.Layers[last].Origin)
            ? _budget.Bounded(new HoconArray(items, slot.Layers[first].Origin))
            : Outcome.Failed;
    }

    private Outcome Evaluate(ConcatNode concat)
    {
        var parts = new List<JoinPart>(concat.Parts.Length);
        foreach (var part in concat.Parts)
        {
            if (part is BlankNode blank)
            {
                parts.Add(new JoinPart(part.Origin, null, blank.Text));
                continue;
            }

            var outcome = Evaluate(part);
            if (outcome.IsFinal)
            {
                return outcome;
            }

            parts.Add(new JoinPart(part.Origin, outcome.Value, null));
        }

        var weight = parts.Aggregate(1L, (sum, part) => HoconValue.AddWeights(sum, part.Value?.Weight ?? 1));
        var size = parts.Sum(part => part.Value is HoconArray list ? list.Items.Count : 1L);
        if (!_budget.Fits(weight, concat.Origin) || !_budget.Spend(size, concat.Origin))
        {
            return Outcome.Failed;
        }

        var joined = _joiner.Join(parts, concat.Origin);
        return joined.Value is { } value ? _budget.Bounded(value) : joined;
    }

    private Outcome Evaluate(ReferenceNode reference)
    {
        if (reference.Failed)
        {
            return Outcome.Failed;
        }

        if (reference.Memo is not null)
        {
            return Outcome.Of(reference.Memo);
        }

        if (IsTooDeep(reference))
        {
            return Outcome.Failed;
        }

        _stack.Push(reference);
        var outcome = Lookup(reference, []);
        _stack.Pop();

        outcome = Settle(reference, outcome);
        reference.Memo = outcome.Value;
        reference.Failed = outcome.Kind == OutcomeKind.Failed;
        return outcome;
    }

    private bool IsTooDeep(ReferenceNode reference)
    {
        if (!_stack.IsFull)
        {
            return false;
        }

        errors.Add(
            reference.Origin,
            $"more than {ResolveStack.MaxReferences} substitutions need one another, up to {reference}");
        reference.Failed = true;
        return true;
    }

    /// <summary>What a lookup that found nothing means for the one who asked.</summary>
    private Outcome Settle(ReferenceNode reference, Outcome outcome)
    {
        if (outcome.Value is { } value)
        {
            if (!reference.MustBeObject || value is HoconObject)
            {
                return outcome;
            }

            errors.Add(
                reference.Origin,
                $"{reference} is {Name(value)} ({value.Origin}): expected an object to join with");
            return Outcome.Failed;
        }

        if (outcome.Kind == OutcomeKind.Failed)
        {
            return outcome;
        }

        if (_environment.Find(reference) is { } variable)
        {
            return Outcome.Of(variable);
        }

        if (reference.Optional)
        {
            return Outcome.Undefined;
        }

        if (outcome.Kind != OutcomeKind.Circle)
        {
            errors.Add(
                reference.Origin,
                $"{reference} is not defined: expected a key '{HoconPath.Render(reference.Path)}' "
                    + "or an environment variable");
            return Outcome.Failed;
        }

        // An optional substitution on the way here turns the circle into "not defined", so it is not an error yet.
        if (_stack.HasOptional)
        {
            return outcome;
        }

        ReportCircle(reference);
        return Outcome.Failed;
    }

    private void ReportCircle(ReferenceNode reference)
    {
        var through = Array.FindAll(_stack.Circle, other => other != reference);
        errors.Add(reference.Origin, through.Length == 0
            ? $"{reference} needs its own value and has no earlier one"
            : $"circle: {reference} needs its own value, by way of "
                + string.Join(", ", through.Take(8).Select(other => $"{other} ({other.Origin})")));
        foreach (var other in through)
        {
            other.Failed = true;
        }
    }

    /// <summary>
    /// First relative to the file the substitution was written in, then to the including files, last from the root.
    /// </summary>
    private Outcome Lookup(ReferenceNode reference, string[] inside)
    {
        var first = Outcome.Undefined;
        string[]? tried = null;
        for (var scope = reference.Scope; scope is not null; scope = scope.Outer)
        {
            if (scope.Prefix is not null && tried is not null && scope.Prefix.AsSpan().SequenceEqual(tried))
            {
                continue;
            }

            tried = scope.Prefix;
            var outcome = scope.Prefix is null
                ? Find(scope.Anchor, [.. reference.Path, .. inside])
                : FindFromRoot([.. scope.Prefix, .. reference.Path, .. inside]);
            if (outcome.Value is not null || outcome.Kind == OutcomeKind.Failed)
            {
                return outcome;
            }

            first = outcome.Kind == OutcomeKind.Circle ? outcome : first;
            if (inside.Length > 0 && IsAssigned(scope.Anchor, reference.Path))
            {
                // The value itself is here and lacks the path: another scope's value of that name is not meant.
                return first;
            }
        }

        return first;
    }

    private static bool IsAssigned(ObjectNode map, ReadOnlySpan<string> path)
    {
        var slot = map.Find(path[0]);
        if (slot is null || path.Length == 1)
        {
            return slot is not null;
        }

        foreach (var layer in slot.Layers)
        {
            if (layer is not ObjectNode inner || IsAssigned(inner, path[1..]))
            {
                return true;
            }
        }

        return false;
    }

    private Outcome FindFromRoot(string[] path)
    {
        for (var length = path.Length; length > 0 && _stack.Owner is not null; length--)
        {
            if (_stack.Owner.IsAt(path.AsSpan(0, length)))
            {
                return FindBelowSelf(path.AsSpan(length));
            }
        }

        return Find(root, path);
    }

    /// <summary>A value that names itself, or something inside itself, means what was there before it.</summary>
    private Outcome FindBelowSelf(ReadOnlySpan<string> path)
    {
        var below = Below(_stack.Owner!, _stack.OwnerLayer, path);
        if (below.Value is not null || below.Kind == OutcomeKind.Failed)
        {
            return below;
        }

        return _stack.SelfCircle();
    }

    /// <summary>
    /// What a slot held, at a path inside it, before a layer was assigned: its own older layers, then what older
    /// layers of
    /// the objects around it have under the same keys.
    /// </summary>
    private Outcome Below(Slot slot, int layer, ReadOnlySpan<string> path)
    {
        HoconObject? upper = null;
        var result = Outcome.Undefined;
        if (!Lay(Find(slot, layer, path), ref upper, ref result))
        {
            return result;
        }

        var full = new List<string>(path.ToArray());
        for (var inner = slot; inner.Owner is { Holder: { } holder } owner; inner = holder)
        {
            full.Insert(0, inner.Key);
            var older = Find(holder, holder.Layers.IndexOf(owner), full.ToArray());
            if (older.Kind != OutcomeKind.Circle && !Lay(older, ref upper, ref result))
            {
                break;
            }
        }

        return result;
    }

    private Outcome Find(ObjectNode map, ReadOnlySpan<string> path) =>
        map.Find(path[0]) is { } slot ? Find(slot, slot.Layers.Count, path[1..]) : Outcome.Undefined;

    /// <summary>
    /// The value at a path below a slot, evaluating no more than the path needs: this is what lets a member of an
    /// object
    /// refer to its sibling, and a parent to what its child says.
    /// </summary>
    private Outcome Find(Slot slot, int limit, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return Evaluate(slot, limit);
        }

        var visible = _stack.Visible(slot, limit);
        var result = visible < limit ? Outcome.Circle : Outcome.Undefined;
        HoconObject? upper = null;
        for (var i = limit - 1; i >= 0; i--)
        {
            if (!_budget.Spend(ResolveBudget.Step, slot.Origin))
            {
                return Outcome.Failed;
            }

            var found = slot.Layers[i] switch
            {
                ObjectNode map => Find(map, path),
                LiteralNode or ArrayNode => Outcome.Hidden,
                ReferenceNode { Memo: { } known } => Inside(Outcome.Of(known), path),
                ReferenceNode reference => FindThrough(slot, i, reference, path.ToArray()),
                _ when i >= visible => Outcome.Undefined,
                AppendNode => Outcome.Hidden,
                _ => Inside(EvaluateLayer(slot, i), path),
            };
            if (found.Kind == OutcomeKind.Circle)
            {
                // The newest value is the one being resolved; an older one may still answer.
                result = upper is null ? found : result;
            }
            else if (!Lay(found, ref upper, ref result))
            {
                break;
            }
        }

        return result;
    }

    /// <summary>
    /// The value at a path inside what a layer refers to, without resolving all of that: a parent may refer to its
    /// child.
    /// </summary>
    private Outcome FindThrough(Slot slot, int layer, ReferenceNode reference, string[] path)
    {
        if (reference.IsFinding)
        {
            return Outcome.Circle;
        }

        if (IsTooDeep(reference))
        {
            return Outcome.Failed;
        }

        var frame = _stack.Enter(slot, layer);
        _stack.Push(reference);
        reference.IsFinding = true;
        var outcome = Lookup(reference, path);
        reference.IsFinding = false;
        _stack.Pop();
        _stack.Leave(slot, frame);
        return outcome;
    }

    private static Outcome Inside(Outcome outcome, ReadOnlySpan<string> path)
    {
        if (outcome.Value is not { } value)
        {
            return outcome;
        }

        foreach (var key in path)
        {
            if (value is not HoconObject map)
            {
                return Outcome.Hidden;
            }

            if (!map.TryGet(key, out var member))
            {
                return Outcome.Undefined;
            }

            value = member.Value;
        }

        return Outcome.Of(value);
    }

    private static string Name(HoconValue value) => HoconJoiner.Name(value);
}
