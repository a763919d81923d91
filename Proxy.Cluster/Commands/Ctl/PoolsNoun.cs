using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl pools`: the pools of the node.</summary>
internal static class PoolsNoun
{
    public static Command Make() => new("pools", "The pools of the node.")
    {
        CtlCommand.Verb(
            "list", "Lists the pools.",
            static (session, _, cancellation) => session.ShowAsync(
                "/api/pools", json => List(json, session.Output), cancellation)),
        Show(),
    };

    public static void List(JsonElement pools, TextWriter output)
    {
        var table = new TextTable("POOL", "BALANCE", "MEMBERS", "USABLE", "REQUESTS", "FAILURES", "QUEUED");
        foreach (JsonElement pool in pools.EnumerateArray())
        {
            table.Add(
                pool.GetProperty("name").ToString(),
                pool.GetProperty("balance").ToString(),
                pool.GetProperty("members").GetArrayLength().ToString(CultureInfo.InvariantCulture),
                pool.GetProperty("candidates").ToString(),
                pool.GetProperty("requests").ToString(),
                pool.GetProperty("failures").ToString(),
                pool.GetProperty("queued").ToString());
        }

        table.WriteTo(output);
    }

    /// <summary>Where the API shows one pool.</summary>
    public static string Path(string pool) => $"/api/pools/{Uri.EscapeDataString(pool)}";

    private static Command Show()
    {
        var name = new Argument<string>("POOL") { Description = "Name of the pool." };
        return CtlCommand.Verb(
            "show", "Shows one pool with its members.",
            (session, parsed, cancellation) => session.ShowAsync(
                Path(parsed.GetRequiredValue(name)), json => MembersNoun.List([json], session.Output), cancellation),
            name);
    }
}
