using System.Runtime.CompilerServices;

namespace Proxy.Actors.Hocon.Resolving;

/// <summary>Keeps a resolution within its limits. Passing one is reported once and ends the work.</summary>
internal sealed class ResolveBudget(HoconOptions options, HoconErrorList errors)
{
    /// <summary>A step of a path costs more than a copied item.</summary>
    public const int Step = 8;

    // Copies made on the way to the result, against its allowed size.
    private const int WorkPerExpansion = 4;

    private long _work;

    /// <summary>The value, unless it is too large or too deep.</summary>
    public Outcome Bounded(HoconValue value)
    {
        if (!Fits(value.Weight, value.Origin))
        {
            return Outcome.Failed;
        }

        if (value.Depth > options.MaxDepth)
        {
            errors.AddLast(value.Origin, $"substitutions nest more than {options.MaxDepth} objects and lists");
            return Outcome.Failed;
        }

        return Outcome.Of(value);
    }

    public bool Fits(long weight, HoconOrigin origin)
    {
        if (weight <= options.MaxExpansion)
        {
            return true;
        }

        errors.AddLast(origin, $"substitutions make this larger than {options.MaxExpansion} values and characters");
        return false;
    }

    public bool Spend(long work, HoconOrigin origin)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            errors.AddLast(origin, "objects, lists and substitutions nest too deeply to be resolved");
            return false;
        }

        _work += work;
        if (!errors.Stopped && _work <= options.MaxExpansion * WorkPerExpansion)
        {
            return true;
        }

        errors.AddLast(origin, "resolving takes more work than a document of the allowed size can need");
        return false;
    }
}
