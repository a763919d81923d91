using System.Text.Json;
using Proxy.Cluster.Commands.Ctl;

namespace Proxy.Cluster.Commands.Roll;

/// <summary>The nodes of a cluster, as one of them knows the others.</summary>
internal static class FleetMembers
{
    /// <summary>Management addresses in the order of names, the node that was asked last: whoever follows the roll
    /// there sees most of it. Null after saying why there are none.</summary>
    public static async Task<IReadOnlyList<string>?> ReadAsync(
        string url, CtlAccess access, TextWriter errors, CancellationToken cancellation)
    {
        if (ManagementApi.Open(url, access, out ManagementApi? api) is { } wrong)
        {
            await errors.WriteLineAsync($"--url: {wrong}");
            return null;
        }

        using (api)
        {
            ApiAnswer answer = await api!.GetAsync("/cluster/members", cancellation); // not null: nothing was wrong
            string? problem = answer.Problem;
            IReadOnlyList<string> nodes = answer.Json is { } json && problem is null
                ? Read(json, SchemeOf(url), out problem)
                : [];
            if (problem is not null)
            {
                await errors.WriteLineAsync($"error: {problem}; --nodes names them");
                return null;
            }

            return nodes;
        }
    }

    /// <param name="scheme">Of members that tell an address without one.</param>
    /// <param name="problem">Why the roll cannot begin with them; null when it can.</param>
    public static IReadOnlyList<string> Read(JsonElement view, string scheme, out string? problem)
    {
        problem = null;
        var nodes = new List<(bool IsAsked, string Name, string Address)>();
        string self = view.GetProperty("selfNode").ToString();
        foreach (JsonElement member in view.GetProperty("members").EnumerateArray())
        {
            string name = member.GetProperty("name").ToString();
            string address = member.GetProperty("management").ToString();
            string status = member.GetProperty("status").ToString();
            if (status != "Up")
            {
                problem = $"node {name} is {status}, not Up";
            }
            else if (address.Length == 0)
            {
                problem = $"node {name} tells no management address (cluster.management-address)";
            }

            bool hasScheme = address.Contains("://", StringComparison.Ordinal);
            nodes.Add(
                (member.GetProperty("node").ToString() == self, name, hasScheme ? address : $"{scheme}://{address}"));
        }

        if (view.GetProperty("unreachable").GetArrayLength() > 0)
        {
            problem = "some nodes are unreachable";
        }

        return [.. nodes.OrderBy(static node => node.IsAsked).ThenBy(static node => node.Name, StringComparer.Ordinal)
            .Select(static node => node.Address)];
    }

    /// <summary>Nodes of a fleet are reached alike.</summary>
    private static string SchemeOf(string url) =>
        url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
}
