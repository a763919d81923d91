namespace Proxy.Actors.Hocon.Resolving;

internal enum OutcomeKind
{
    /// <summary>Nothing was assigned.</summary>
    Undefined,

    /// <summary>
    /// A value stands where the path wanted an object: nothing is there, and nothing older may be looked at.
    /// </summary>
    Hidden,

    /// <summary>The answer would need the value being resolved.</summary>
    Circle,

    /// <summary>An error was reported.</summary>
    Failed,

    Value,
}

internal readonly record struct Outcome(OutcomeKind Kind, HoconValue? Value)
{
    public static Outcome Undefined => new(OutcomeKind.Undefined, null);

    public static Outcome Hidden => new(OutcomeKind.Hidden, null);

    public static Outcome Circle => new(OutcomeKind.Circle, null);

    public static Outcome Failed => new(OutcomeKind.Failed, null);

    public bool IsFinal => Kind is OutcomeKind.Circle or OutcomeKind.Failed;

    public static Outcome Of(HoconValue value) => new(OutcomeKind.Value, value);
}
