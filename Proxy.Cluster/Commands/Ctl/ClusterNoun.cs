using System.CommandLine;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl cluster`: the nodes of the cluster, as one of them sees them.</summary>
internal static class ClusterNoun
{
    public static Command Make() => new("cluster", "The nodes of the cluster.")
    {
        CtlCommand.Verb(
            "members", "Lists the nodes, with their state and load.",
            static (session, _, cancellation) => session.ShowAsync(
                "/cluster/members", json => List(json, session.Output), cancellation)),
        Order("leave", "The node hands over what it has in the cluster and leaves it; it still serves."),
        Order("down", "Declares a node dead that cannot be asked any more."),
    };

    public static void List(JsonElement view, TextWriter output)
    {
        string leader = view.TryGetProperty("leader", out JsonElement one) ? one.ToString() : "";
        HashSet<string> silent =
        [
            .. view.GetProperty("unreachable").EnumerateArray()
                .Select(static node => node.GetProperty("node").ToString()),
        ];
        var table = new TextTable("NODE", "STATUS", "REACHABLE", "VERSION", "ROLES", "CONNECTIONS", "ADDRESS");
        foreach (JsonElement member in view.GetProperty("members").EnumerateArray())
        {
            string address = member.GetProperty("node").ToString();
            table.Add(
                member.GetProperty("name").ToString(),
                member.GetProperty("status").ToString() + (address == leader ? " (leader)" : ""),
                silent.Contains(address) ? "no" : "yes",
                member.GetProperty("version").ToString(),
                string.Join(",", member.GetProperty("roles").EnumerateArray()),
                member.GetProperty("load").GetProperty("connections").ToString(),
                address);
        }

        table.WriteTo(output);
        foreach (JsonElement problem in view.GetProperty("problems").EnumerateArray())
        {
            output.WriteLine($"problem: {problem}");
        }
    }

    private static Command Order(string verb, string description)
    {
        var address = new Argument<string>("NODE") { Description = "Address of the node, as `members` shows it." };
        return CtlCommand.Verb(
            verb, description,
            async (session, parsed, cancellation) =>
            {
                string node = parsed.GetRequiredValue(address);
                string operation = verb == "down" ? "Down" : "Leave";
                ApiAnswer answer = await session.Api.PutAsync(
                    $"/cluster/members/{Uri.EscapeDataString(node)}", $"{{\"operation\":\"{operation}\"}}",
                    cancellation);
                return session.Report(answer, json => session.Output.WriteLine(json.GetProperty("message")));
            },
            address);
    }
}
