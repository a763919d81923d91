using System.CommandLine;
using System.Text.Json;
using Proxy.Cluster.Commands.Ctl;

namespace Proxy.Cluster.Commands.Roll;

/// <summary>`ctl roll`: exchanges the nodes of a fleet one by one.</summary>
internal static class RollNoun
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private static readonly Option<string?> Nodes = new("--nodes")
    {
        Description = "Management addresses of all nodes, separated by commas, in the order of the roll. Without it "
            + "those of the members of the cluster, as the node of --url knows them.",
    };

    private static readonly Option<RollHow> How = new("--how")
    {
        Description = "replace: the node leaves and its service manager starts the new one. upgrade: it starts the "
            + "program anew and hands its sockets over.",
        DefaultValueFactory = static _ => RollHow.Replace,
    };

    private static readonly Option<int> Watch = Seconds("--watch", 10, "Watching before, and after each node.");

    private static readonly Option<int> Drain = Seconds("--drain", 30, "Most for clients of a node to go elsewhere.");

    private static readonly Option<int> Patience = Seconds("--patience", 120, "Most until the new one is ready.");

    private static readonly Option<double> MaxErrors = new("--max-errors")
    {
        Description = "Stops when the share of 5xx answers grows by more than this many percent of all.",
        DefaultValueFactory = static _ => 1,
    };

    private static readonly Option<string?> State = new("--state")
    {
        Description = "File to keep the progress in; when it is there, the roll goes on after the nodes done.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Looks at every node and says what would be done.",
    };

    public static Command Make()
    {
        var command = new Command(
            "roll", "Exchanges the nodes of a fleet one by one, and stops when answers get worse.")
        {
            Nodes, How, Watch, Drain, Patience, MaxErrors, State, DryRun,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static Option<int> Seconds(string name, int seconds, string description) => new(name)
    {
        Description = $"Seconds. {description}",
        DefaultValueFactory = _ => seconds,
    };

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        TextWriter errors = parsed.InvocationConfiguration.Error;
        if (CtlAccess.Read(parsed, errors) is not { } access)
        {
            return 2;
        }

        IReadOnlyList<string>? nodes = parsed.GetValue(Nodes) is { } given
            ? given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : await FleetMembers.ReadAsync(CtlCommand.ReadUrl(parsed), access, errors, cancellation);
        if (nodes is null)
        {
            return 1;
        }

        var plan = new RollPlan
        {
            Nodes = nodes,
            How = parsed.GetValue(How),
            Watch = TimeSpan.FromSeconds(parsed.GetValue(Watch)),
            Drain = TimeSpan.FromSeconds(parsed.GetValue(Drain)),
            Patience = TimeSpan.FromSeconds(parsed.GetValue(Patience)),
            MaxErrors = parsed.GetValue(MaxErrors) / 100,
        };
        string? state = parsed.GetValue(State);
        string? unusable = null;
        int done = state is null ? 0 : RollProgress.Read(state, plan.Nodes, out unusable);
        if (unusable is not null)
        {
            await errors.WriteLineAsync($"--state: {unusable}");
            return 2;
        }

        var fleet = new List<ManagementApi>();
        try
        {
            foreach (string node in plan.Nodes)
            {
                if (ManagementApi.Open(node, access, out ManagementApi? api) is { } problem)
                {
                    await errors.WriteLineAsync($"--nodes: {problem}");
                    return 2;
                }

                fleet.Add(api!); // not null: no problem
            }

            return parsed.GetValue(DryRun)
                ? await DryRunAsync(plan, done, fleet, output, errors, cancellation)
                : await RollAsync(plan, done, fleet, state, output, errors, cancellation);
        }
        finally
        {
            fleet.ForEach(static api => api.Dispose());
        }
    }

    private static async Task<int> RollAsync(
        RollPlan plan,
        int done,
        List<ManagementApi> fleet,
        string? state,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        var machine = new RollMachine(plan, done);
        var inputs = new Queue<RollInput>();
        while (true)
        {
            if (inputs.Count == 0)
            {
                (NodeSample? Node, string? Problem)[] looks =
                    await Task.WhenAll(fleet.Select(api => LookAsync(api, cancellation)));
                inputs.Enqueue(new RollInput.Looked([.. looks.Select(static look => look.Node)]));
            }

            foreach (RollEffect effect in machine.Handle(inputs.Dequeue(), time.GetUtcNow()))
            {
                switch (effect)
                {
                    case RollEffect.Say say:
                        await output.WriteLineAsync(say.Text);
                        break;
                    case RollEffect.Save save when state is not null:
                        RollProgress.Write(state, plan.Nodes, save.Done);
                        break;
                    case RollEffect.Command command:
                        ApiAnswer answer = await fleet[command.Node].PostSlowAsync(
                            $"/api/node/{command.Verb}?reason=ctl%20roll", cancellation);
                        inputs.Enqueue(new RollInput.Commanded(answer.Problem));
                        break;
                    case RollEffect.End { Problem: { } problem }:
                        await errors.WriteLineAsync($"stopped: {problem}");
                        return 1;
                    case RollEffect.End:
                        await output.WriteLineAsync($"all {plan.Nodes.Count} nodes are done");
                        RemoveProgress(state);
                        return 0;
                }
            }

            if (inputs.Count == 0)
            {
                await Task.Delay(Look, time, cancellation);
            }
        }
    }

    private static void RemoveProgress(string? state)
    {
        if (state is not null)
        {
            File.Delete(state);
        }
    }

    private static async Task<int> DryRunAsync(
        RollPlan plan,
        int done,
        List<ManagementApi> fleet,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation)
    {
        var table = new TextTable("NODE", "ADDRESS", "VERSION", "CONNECTIONS", "READY", "WOULD");
        bool isGood = true;
        for (int i = 0; i < fleet.Count; i++)
        {
            (NodeSample? node, string? problem) = await LookAsync(fleet[i], cancellation);
            isGood &= node is { IsReady: true };
            string would = i < done ? "be left: done before" : plan.How == RollHow.Upgrade ? "upgrade" : "drain, leave";
            table.Add(
                node?.Name ?? "-", plan.Nodes[i], node?.Version ?? "-", $"{node?.Connections}",
                node is null ? problem ?? "no" : node.IsReady ? "yes" : node.Reason, would);
        }

        table.WriteTo(output);
        if (!isGood)
        {
            await errors.WriteLineAsync("the roll would stop at once: not all nodes are ready");
        }

        return isGood ? 0 : 1;
    }

    private static async Task<(NodeSample? Node, string? Problem)> LookAsync(
        ManagementApi api, CancellationToken cancellation)
    {
        ApiAnswer answer = await api.GetAsync("/api/node", cancellation);
        return answer is { Problem: null, Json: { } json } && Read(json) is { } node
            ? (node, null)
            : (null, answer.Problem ?? "the answer is not that of a node");
    }

    private static NodeSample? Read(JsonElement json)
    {
        try
        {
            return new NodeSample(
                json.GetProperty("name").ToString(),
                json.GetProperty("version").ToString(),
                $"{json.GetProperty("process")} {json.GetProperty("startedAt")}",
                json.GetProperty("ready").GetBoolean(),
                json.GetProperty("reason").ToString(),
                json.GetProperty("connections").GetInt64(),
                json.GetProperty("requests").GetInt64(),
                json.GetProperty("serverErrors").GetInt64());
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
