using Proxy.Actors.Config;
using Proxy.Actors.Runtime;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Runs the operator's checks of the virtual routers, each at its own interval. Used in the actor's turns
/// only.</summary>
internal sealed class VipChecks(IActorContext<VipMessage> context, VipServices services)
{
    private readonly Dictionary<string, CheckCount> _counts = new(StringComparer.Ordinal);

    /// <summary>Begins anew with these.</summary>
    public void Configure(IReadOnlyList<PlannedVip> plan)
    {
        foreach (PlannedVip vip in plan)
        {
            VipCheckConfig check = vip.Config.Track.Check;
            context.CancelTimer(KeyOf(vip.Config.Name));
            if (check.Command.Count > 0)
            {
                _counts[vip.Config.Name] = new CheckCount(check.Rise, check.Fall);
                StartTimer(vip.Config.Name, TimeSpan.Zero);
            }
        }
    }

    public void Run(PlannedVip vip)
    {
        if (vip.Config.Track.Check is { Command.Count: > 0 } check)
        {
            context.PipeToSelf(
                CommandRunner.RunAsync(check.Command, check.Timeout, services.Time),
                result => new VipMessage.CheckDone(
                    vip.Config.Name, result.TryGetValue(out string? problem) ? problem : result.Error!.Message));
        }
    }

    /// <summary>True when the opinion of the router changed.</summary>
    public bool OnDone(PlannedVip vip, string? problem)
    {
        string name = vip.Config.Name;
        if (!_counts.TryGetValue(name, out CheckCount? count))
        {
            return false;
        }

        StartTimer(name, vip.Config.Track.Check.Interval);
        bool isOther = count.Add(problem is null);
        if (isOther && problem is not null)
        {
            VipLog.Warning(services.Logger, name, $"check failed: {problem}");
        }

        return isOther;
    }

    private void StartTimer(string name, TimeSpan after) =>
        context.StartTimer(KeyOf(name), new VipMessage.CheckDue(name), after);

    private static string KeyOf(string vip) => $"check {vip}";
}
