using System.CommandLine;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl members`: the members of the pools.</summary>
internal static class MembersNoun
{
    public static Command Make()
    {
        var pool = new Option<string?>("--pool") { Description = "Only the members of this pool." };
        return new Command("members", "The members of the pools.")
        {
            CtlCommand.Verb(
                "list", "Lists the members with their state and why they are in it.",
                (session, parsed, cancellation) => parsed.GetValue(pool) is { } name
                    ? session.ShowAsync(PoolsNoun.Path(name), json => List([json], session.Output), cancellation)
                    : session.ShowAsync(
                        "/api/pools", json => List(json.EnumerateArray(), session.Output), cancellation),
                pool),
        };
    }

    public static void List(IEnumerable<JsonElement> pools, TextWriter output)
    {
        var table = new TextTable(
            "POOL", "MEMBER", "URL", "ROLE", "STATE", "WEIGHT", "IN FLIGHT", "REQUESTS", "REASON");
        foreach (JsonElement pool in pools)
        {
            foreach (JsonElement member in pool.GetProperty("members").EnumerateArray())
            {
                table.Add(
                    pool.GetProperty("name").ToString(),
                    member.GetProperty("name").ToString(),
                    member.GetProperty("url").ToString(),
                    member.GetProperty("role").ToString(),
                    member.GetProperty("state").ToString(),
                    member.GetProperty("weight").ToString(),
                    member.GetProperty("inFlight").ToString(),
                    member.GetProperty("counters").GetProperty("requests").ToString(),
                    member.GetProperty("reason").ToString());
            }
        }

        table.WriteTo(output);
    }
}
