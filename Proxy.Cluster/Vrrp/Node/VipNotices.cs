using Proxy.Actors.Config;
using Proxy.Actors.Runtime;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Runs the operator's command at every change of a virtual router. One at a time for each router and in
/// order, or "backup" could overtake "master". Used in the actor's turns only.</summary>
internal sealed class VipNotices(IActorContext<VipMessage> context, VipServices services)
{
    private readonly Dictionary<string, Queue<Notice>> _waiting = new(StringComparer.Ordinal);

    public void Add(VipView view)
    {
        VipNotifyConfig notify = view.Plan.Config.Notify;
        if (notify.Command.Count == 0)
        {
            return;
        }

        string name = view.Plan.Config.Name;
        if (!_waiting.TryGetValue(name, out Queue<Notice>? queue))
        {
            _waiting[name] = queue = new Queue<Notice>();
        }

        queue.Enqueue(new Notice(
            [.. notify.Command, name, VipWords.Of(view.State), $"{view.Priority}"], notify.Timeout));
        if (queue.Count == 1)
        {
            Run(name, queue.Peek());
        }
    }

    public void OnDone(string name, string? problem)
    {
        if (problem is not null)
        {
            VipLog.Warning(services.Logger, name, $"notify: {problem}");
        }

        Queue<Notice> queue = _waiting[name];
        queue.Dequeue();
        if (queue.TryPeek(out Notice? next))
        {
            Run(name, next);
        }
    }

    private void Run(string name, Notice notice) => context.PipeToSelf(
        CommandRunner.RunAsync(notice.Command, notice.Timeout, services.Time),
        result => new VipMessage.NotifyDone(
            name, result.TryGetValue(out string? problem) ? problem : result.Error!.Message));

    private sealed record Notice(string[] Command, TimeSpan Timeout);
}
