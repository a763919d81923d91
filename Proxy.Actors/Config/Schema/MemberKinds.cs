using Proxy.Edge.Topology;

namespace Proxy.Actors.Config.Schema;

/// <summary>Kinds of values about members and their health.</summary>
internal static class MemberKinds
{
    private static readonly (char Letter, MemberFlags Flag)[] Letters =
    [
        ('D', MemberFlags.Disabled), ('S', MemberFlags.Stopped), ('I', MemberFlags.IgnoreErrors),
        ('R', MemberFlags.Spare), ('H', MemberFlags.Standby), ('N', MemberFlags.Drain),
    ];

    public static readonly ScalarKind<MemberFlags> State = new(
        "ready | drain | maint, or Apache's letters with + or -: D disabled, S stopped, I ignore errors, R spare, "
            + "H standby, N drain",
        scalar => scalar.Text switch
        {
            "ready" => MemberFlags.None,
            "drain" => MemberFlags.Drain,
            "maint" => MemberFlags.Stopped,
            _ => ReadLetters(scalar.Text),
        },
        ShowState);

    public static readonly ScalarKind<StatusSet?> Statuses = new(
        "status codes from 100 to 599 such as \"200-399\" or \"500,502-504\"; \"\" = none",
        scalar => scalar.Text.Length == 0 ? (StatusSet?)null
            : StatusSet.TryParse(scalar.Text, out StatusSet set) ? set
            : Parsed.Wrong<StatusSet?>("not a set of status codes"),
        set => set?.Text ?? "");

    public static readonly ScalarKind<StatusSet> SomeStatuses = new(
        "status codes from 100 to 599 such as \"200-399\" or \"200,204\"",
        scalar => StatusSet.TryParse(scalar.Text, out StatusSet set) ? set
            : Parsed.Wrong<StatusSet>("not a set of status codes"),
        set => set.Text);

    /// <summary>One character or none.</summary>
    public static readonly ScalarKind<char?> Separator = new(
        "one character that may stand in a cookie, or \"\" when the whole value is the route",
        scalar => scalar.Text.Length switch
        {
            0 => (char?)null,
            1 => scalar.Text[0],
            _ => Parsed.Wrong<char?>("more than one character"),
        },
        value => value?.ToString() ?? "");

    // Letters are set by default or after '+', cleared after '-': "S-E" of Apache sets S and clears E.
    private static Parsed<MemberFlags> ReadLetters(string text)
    {
        MemberFlags flags = MemberFlags.None;
        bool set = true;
        foreach (char c in text)
        {
            if (c is '+' or '-')
            {
                set = c == '+';
                continue;
            }

            MemberFlags flag = Letters.FirstOrDefault(pair => pair.Letter == char.ToUpperInvariant(c)).Flag;
            if (flag == MemberFlags.None)
            {
                return Parsed.Wrong<MemberFlags>($"'{c}' is not a state");
            }

            flags = set ? flags | flag : flags & ~flag;
        }

        return text.Length == 0 ? Parsed.Wrong<MemberFlags>("empty") : flags;
    }

    private static string ShowState(MemberFlags flags) => flags switch
    {
        MemberFlags.None => "ready",
        MemberFlags.Drain => "drain",
        MemberFlags.Stopped => "maint",
        _ => $"+{string.Concat(Letters.Where(pair => (flags & pair.Flag) != 0).Select(pair => pair.Letter))}",
    };
}
