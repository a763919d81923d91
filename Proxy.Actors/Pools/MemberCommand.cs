using System.Globalization;
using Proxy.Actors.Config;

namespace Proxy.Actors.Pools;

/// <summary>One order of an operator: "ready", "drain", "maint", "reset", "weight 50", "weight default", or Apache's
/// letters D S I R H N and E, each set by default or with '+', cleared with '-': "S-E", "+D", "-N".</summary>
/// <param name="Set">Flags to add.</param>
/// <param name="Clear">Flags to take away; applied first.</param>
/// <param name="Reset">Back to the configuration, flags and weight.</param>
/// <param name="ClearError">Forget failures of requests.</param>
/// <param name="Weight">0 to 1,000,000; -1 = the configured one; null = unchanged.</param>
public sealed record MemberCommand(
    MemberFlags Set = MemberFlags.None,
    MemberFlags Clear = MemberFlags.None,
    bool Reset = false,
    bool ClearError = false,
    int? Weight = null)
{
    public const int MaxWeight = 1_000_000;

    private const MemberFlags Blocking = MemberFlags.Disabled | MemberFlags.Stopped | MemberFlags.Drain;

    /// <summary>Reads ready, drain, maint, reset, weight N (0 to 1000000), weight default, or letters of D S I R H N E
    /// with + or -. False when the text is none of these.</summary>
    public static bool TryParse(string text, out MemberCommand command)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        command = new MemberCommand();
        switch (words)
        {
            case ["ready"]:
                command = new MemberCommand(Clear: Blocking, ClearError: true);
                return true;
            case ["drain"]:
                command = new MemberCommand(Set: MemberFlags.Drain, Clear: Blocking);
                return true;
            case ["maint"]:
                command = new MemberCommand(Set: MemberFlags.Stopped, Clear: Blocking);
                return true;
            case ["reset"]:
                command = new MemberCommand(Reset: true, ClearError: true);
                return true;
            case ["weight", "default"]:
                command = new MemberCommand(Weight: -1);
                return true;
            case ["weight", var number]:
                bool valid = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int weight)
                    && weight <= MaxWeight;
                command = new MemberCommand(Weight: weight);
                return valid;
            case [var letters]:
                return TryLetters(letters, out command);
            default:
                return false;
        }
    }

    /// <summary>The override that results from this order.</summary>
    /// <param name="configured">Flags of the configuration, role letters included.</param>
    public MemberOverride ApplyTo(MemberOverride current, MemberFlags configured)
    {
        if (Reset)
        {
            return MemberOverride.None;
        }

        MemberFlags? flags = current.Flags;
        if (Set != MemberFlags.None || Clear != MemberFlags.None)
        {
            MemberFlags changed = ((flags ?? configured) & ~Clear) | Set;
            flags = changed == configured ? null : changed;
        }

        int? weight = Weight switch
        {
            null => current.Weight,
            < 0 => null,
            _ => Weight,
        };
        return new MemberOverride(flags, weight);
    }

    private static bool TryLetters(string text, out MemberCommand command)
    {
        command = new MemberCommand();
        bool clear = false;
        foreach (char c in text)
        {
            if (c is '+' or '-')
            {
                clear = c == '-';
                continue;
            }

            if (c == 'E' && clear)
            {
                command = command with { ClearError = true };
                continue;
            }

            MemberFlags flag = Flag(c);
            if (flag == MemberFlags.None)
            {
                return false;
            }

            // The last mention of a letter counts.
            command = clear
                ? command with { Clear = command.Clear | flag, Set = command.Set & ~flag }
                : command with { Set = command.Set | flag, Clear = command.Clear & ~flag };
        }

        return command != new MemberCommand();
    }

    private static MemberFlags Flag(char letter) => letter switch
    {
        'D' => MemberFlags.Disabled,
        'S' => MemberFlags.Stopped,
        'I' => MemberFlags.IgnoreErrors,
        'R' => MemberFlags.Spare,
        'H' => MemberFlags.Standby,
        'N' => MemberFlags.Drain,
        _ => MemberFlags.None,
    };
}
