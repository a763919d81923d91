using System.Globalization;
using System.Net;
using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

/// <summary>Plays a dialogue with a backend machine. A line is "input | expected", expected being "state weight reason"; "=" stands for
/// no new grant. Inputs:
/// <code>
///   pass, fail REASON        a check ended
///   ok, STATUS, OUTCOME      a request ended (status 500, outcome ConnectFailed)
///   wait SECONDS             time passes, timers fire on the way
///   op COMMAND               an operator says ready, drain, weight 5, S-E ...
///   recover                  forced recovery
///   resolve A B, unresolve   the name's addresses
/// </code></summary>
internal sealed class BackendScript
{
    private readonly MemberFlags _configured;
    private TimeSpan _now = TimeSpan.FromSeconds(1000);
    private TimeSpan? _wake;

    public BackendScript(BackendSettings settings, Grant? last = null)
    {
        _configured = settings.ConfiguredFlags;
        Machine = new BackendMachine(settings, last ?? Grant.None, _now);
        Take(Machine.Start(_now));
    }

    public BackendMachine Machine { get; }

    public bool CheckSoon { get; private set; }

    public static BackendSettings Settings(
        string url = "http://127.0.0.1:9001",
        ActiveHealthConfig? active = null,
        PassiveHealthConfig? passive = null,
        int weight = 100,
        int slowStart = 0,
        InitialState initial = InitialState.Up,
        MemberFlags flags = MemberFlags.None,
        bool hasPeers = true)
    {
        Assert.True(MemberUrl.TryParse(url, out MemberUrl? parsed, out _));
        return new BackendSettings(
            new MemberConfig { Name = "a", Url = parsed, Weight = weight, State = flags },
            new HealthConfig { Active = active, Passive = passive ?? new PassiveHealthConfig() },
            TimeSpan.FromSeconds(slowStart),
            initial,
            new ResolveConfig(),
            MemberOverride.None,
            hasPeers);
    }

    public static string Describe(Grant grant) =>
        string.Create(CultureInfo.InvariantCulture, $"{grant.State} {grant.Weight} {grant.Reason}");

    public void Play(string script)
    {
        foreach (string line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split('|', StringSplitOptions.TrimEntries);
            long epoch = Machine.Grant.Epoch;
            string before = Describe(Machine.Grant);

            Do(parts[0]);

            string actual = Machine.Grant.Epoch == epoch ? "=" : Describe(Machine.Grant);
            Assert.True(parts[1] == actual, $"'{parts[0]}': expected '{parts[1]}', got '{actual}' (before: '{before}')");
        }
    }

    /// <summary>One input, whatever comes of it.</summary>
    public void PlayAnything(string input) => Do(input);

    private void Do(string input)
    {
        string[] words = input.Split(' ', 2);
        string rest = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "pass":
                Handle(new BackendInput.Checked(new ProbeResult(true, "200", 200, TimeSpan.FromMilliseconds(5))));
                break;
            case "slowpass":
                Handle(new BackendInput.Checked(new ProbeResult(true, "200", 200, TimeSpan.FromSeconds(2))));
                break;
            case "fail":
                Handle(new BackendInput.Checked(new ProbeResult(false, rest, 0, TimeSpan.FromMilliseconds(5))));
                break;
            case "ok":
                Handle(new BackendInput.Observed(Outcome.Success, 200));
                break;
            case "wait":
                Wait(TimeSpan.FromSeconds(double.Parse(rest, CultureInfo.InvariantCulture)));
                break;
            case "op":
                Assert.True(MemberCommand.TryParse(rest, out MemberCommand command));
                BackendSettings settings = Machine.Settings;
                Handle(new BackendInput.Configured(
                    settings with { Override = command.ApplyTo(settings.Override, _configured) }, command.ClearError));
                break;
            case "recover":
                Handle(new BackendInput.Recover());
                break;
            case "resolve":
                Handle(new BackendInput.Resolved(
                    [.. rest.Split(' ').Select(static ip => SocketTarget.Inet(IPAddress.Parse(ip), 80))]));
                break;
            case "unresolve":
                Handle(new BackendInput.ResolveFailed(rest));
                break;
            case var word when int.TryParse(word, out int status):
                Handle(new BackendInput.Observed(Outcome.Success, status));
                break;
            case var word:
                Handle(new BackendInput.Observed(Enum.Parse<Outcome>(word), 0));
                break;
        }
    }

    private void Wait(TimeSpan time)
    {
        TimeSpan end = _now + time;
        while (_wake is { } wake && wake <= end)
        {
            _now = wake;
            Handle(new BackendInput.Timer());
        }

        _now = end;
    }

    private void Handle(BackendInput input) => Take(Machine.Handle(input, _now));

    private void Take(BackendEffects effects)
    {
        Assert.True(effects.Wake is null || effects.Wake > _now, "a timer in the past would spin");
        _wake = effects.Wake;
        CheckSoon = effects.CheckSoon;
        Assert.True(effects.Grant is null || ReferenceEquals(effects.Grant, Machine.Grant));
    }
}
