namespace Proxy.Actors.Hocon;

/// <summary>A string, number, boolean or null. Numbers keep the text they were written with.</summary>
public sealed class HoconScalar : HoconValue
{
    private HoconScalar(HoconKind kind, string text, HoconOrigin origin)
        : base(kind, origin)
    {
        Text = text;
    }

    /// <summary>The string itself, or the number, <c>true</c>, <c>false</c> or <c>null</c> as written.</summary>
    public string Text { get; }

    internal override int Depth => 0;

    internal override long Weight => 1L + Text.Length;

    public static HoconScalar String(string text, HoconOrigin origin) => new(HoconKind.String, text, origin);

    public static HoconScalar Boolean(bool value, HoconOrigin origin) =>
        new(HoconKind.Boolean, value ? "true" : "false", origin);

    public static HoconScalar Null(HoconOrigin origin) => new(HoconKind.Null, "null", origin);

    /// <summary>The text must be a number of RFC 8259 section 6.</summary>
    public static HoconScalar Number(string text, HoconOrigin origin)
    {
        if (text.Length == 0 || HoconNumber.End(text, 0) != text.Length)
        {
            throw new ArgumentException($"'{text}' is not a JSON number", nameof(text));
        }

        return new HoconScalar(HoconKind.Number, text, origin);
    }

    /// <summary>What unquoted text means when it stands alone: a number, true, false, null or else a string.</summary>
    internal static HoconScalar FromUnquoted(string text, HoconOrigin origin) => text switch
    {
        "true" or "false" => new HoconScalar(HoconKind.Boolean, text, origin),
        "null" => new HoconScalar(HoconKind.Null, text, origin),
        _ when HoconNumber.End(text, 0) == text.Length => new HoconScalar(HoconKind.Number, text, origin),
        _ => new HoconScalar(HoconKind.String, text, origin),
    };

    public override bool SameAs(HoconValue other) =>
        other is HoconScalar scalar && scalar.Kind == Kind && scalar.Text == Text;
}
