using System.Globalization;
using System.Text;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

/// <summary>Plays a dialogue with one machine. A line of the script is "time input", times in milliseconds; timers that
/// come due before it fire on their own and are written as "tick". After each line stands, indented, what the machine
/// does. Lines with # are comments, the first other line describes the router.</summary>
internal sealed class Transcript
{
    private readonly StringBuilder _output = new();
    private VrrpMachine _machine = null!; // the first line of every script makes it

    /// <summary>The script with the machine's answers written in.</summary>
    public static string Play(string text)
    {
        var transcript = new Transcript();
        foreach (string line in text.Split('\n').Where(static line => !line.StartsWith(' ')))
        {
            transcript.Line(line.TrimEnd());
        }

        return transcript._output.ToString().TrimEnd() + "\n";
    }

    private void Line(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0][0] == '#')
        {
            _output.Append(line).Append('\n');
        }
        else if (words[0] == "router")
        {
            _output.Append(line).Append('\n');
            _machine = Router(words[1..]);
        }
        else
        {
            long now = Time(words[0]);
            FireTimers(now);
            _output.Append(line).Append('\n');
            if (words.Length > 1)
            {
                Answer(_machine.Handle(Input(words[1..]), now));
            }
        }
    }

    private void FireTimers(long until)
    {
        while (_machine.NextTimer <= until)
        {
            long at = _machine.NextTimer;
            VrrpEffects effects = _machine.Handle(VrrpInput.Tick, at);
            _output.Append(CultureInfo.InvariantCulture, $"  {at / 1000.0:0.###} tick\n");
            Answer(effects);
        }
    }

    private void Answer(VrrpEffects effects)
    {
        string next = _machine.NextTimer == long.MaxValue
            ? "never"
            : (_machine.NextTimer / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
        _output.Append(
            CultureInfo.InvariantCulture,
            $"    {_machine.State} {_machine.Priority}, timer {next}: {effects}\n");
    }

    private static VrrpMachine Router(string[] words)
    {
        Dictionary<string, string> keys = words
            .Select(static word => word.Split('='))
            .ToDictionary(static pair => pair[0], static pair => pair.Length > 1 ? pair[1] : "yes");
        string Key(string name, string fallback) => keys.GetValueOrDefault(name, fallback);
        var rules = new VrrpRules
        {
            RouterId = 1,
            Version = Key("version", "3") == "2" ? VrrpVersion.V2 : VrrpVersion.V3,
            Interval = Time(Key("interval", "100")),
            Addresses = [NetAddress.Parse("192.0.2.1")],
        };
        var policy = new VrrpPolicy
        {
            Priority = byte.Parse(Key("priority", "100"), CultureInfo.InvariantCulture),
            Preempt = Key("preempt", "yes") == "yes",
            PreemptDelay = Time(Key("preempt-delay", "0")),
        };
        Assert.Empty(rules.Problems());
        Assert.Empty(policy.Problems());
        return new VrrpMachine(rules, policy) { Primary = NetAddress.Parse(Key("address", "10.0.0.5")) };
    }

    private static VrrpInput Input(string[] words) => words switch
    {
        ["start"] => VrrpInput.Start,
        ["adopt"] => VrrpInput.Adopt,
        ["shutdown"] => VrrpInput.Shutdown,
        ["resign"] => VrrpInput.Resign,
        ["yield"] => VrrpInput.Yield,
        ["take-over"] => VrrpInput.TakeOver,
        ["address-lost"] => VrrpInput.AddressLost,
        ["fault", var track] => VrrpInput.Fault(Enum.Parse<VrrpTrack>(track), true),
        ["clear", var track] => VrrpInput.Fault(Enum.Parse<VrrpTrack>(track), false),
        ["weight", var track, var sum] =>
            VrrpInput.Weight(Enum.Parse<VrrpTrack>(track), int.Parse(sum, CultureInfo.InvariantCulture)),
        ["peer-died", var peer] => VrrpInput.PeerDied(NetAddress.Parse(peer)),
        ["peer-resigned", var peer] => VrrpInput.PeerResigned(NetAddress.Parse(peer)),
        ["peer-appeared", var peer] => VrrpInput.PeerAppeared(NetAddress.Parse(peer)),
        ["advert", var priority, "from", var source] => Advert(priority, source, "100"),
        ["advert", var priority, "from", var source, "every", var interval] => Advert(priority, source, interval),
        _ => throw new FormatException($"no such input: {string.Join(' ', words)}"),
    };

    private static VrrpInput Advert(string priority, string source, string interval) => VrrpInput.Advert(
        new VrrpAdvert(
            NetAddress.Parse(source), byte.Parse(priority, CultureInfo.InvariantCulture), Time(interval), false));

    private static long Time(string milliseconds) =>
        (long)Math.Round(double.Parse(milliseconds, CultureInfo.InvariantCulture) * 1000);
}
