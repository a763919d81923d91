using System.Buffers;
using System.CommandLine;
using System.Text;
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
            Change("ready", "The member takes requests again."),
            Change("drain", "The member keeps the clients bound to it and gets no new ones."),
            Change("maint", "The member gets nothing, and is not checked."),
        };
    }

    /// <summary>A change is a revision: it holds on all nodes and over restarts, and `revisions revert` takes it
    /// back.</summary>
    private static Command Change(string state, string description)
    {
        var pool = new Argument<string>("POOL") { Description = "Name of the pool." };
        var member = new Argument<string>("MEMBER") { Description = "Name of the member." };
        var why = new Option<string>("--why")
        {
            Description = "The reason, for whoever reads the list of revisions later.",
            DefaultValueFactory = static _ => "",
        };
        return CtlCommand.Verb(
            state, description,
            async (session, parsed, cancellation) =>
            {
                string path = $"pools.{Key(parsed.GetRequiredValue(pool))}.members."
                    + $"{Key(parsed.GetRequiredValue(member))}.state";
                var body = new ArrayBufferWriter<byte>();
                using (var json = new Utf8JsonWriter(body))
                {
                    json.WriteStartObject();
                    json.WriteStartObject("set");
                    json.WriteString(path, state);
                    json.WriteEndObject();
                    json.WriteString("who", Environment.UserName);
                    json.WriteString("why", parsed.GetValue(why));
                    json.WriteEndObject();
                }

                ApiAnswer answer = await session.Api.PostAsync(
                    "/api/revisions", Encoding.UTF8.GetString(body.WrittenSpan), cancellation);
                return session.Report(answer, _ => session.Output.WriteLine(
                    $"{parsed.GetValue(pool)}/{parsed.GetValue(member)}: {state}"));
            },
            pool, member, why);
    }

    /// <summary>A part of a path; names with dots are quoted, as in HOCON.</summary>
    private static string Key(string name) =>
        name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : JsonSerializer.Serialize(name);

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
