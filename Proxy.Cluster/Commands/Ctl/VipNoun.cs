using System.CommandLine;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl vip`: virtual addresses of the node.</summary>
internal static class VipNoun
{
    public static Command Make() => new("vip", "Virtual addresses of the node.")
    {
        CtlCommand.Verb(
            "list", "Lists the virtual addresses, their state here and who has them.",
            static (session, _, cancellation) => session.ShowAsync(
                "/api/vips", json => List(json, session.Output), cancellation)),
        Move(),
        Order("give", "The node gives the address to the best of the others; it does not come back for resign-hold."),
        Order("take", "The node takes the address now; it keeps it when its priority is the highest."),
    };

    private static void List(JsonElement report, TextWriter output)
    {
        var table = new TextTable("NAME", "STATE", "PRIORITY", "OWNER", "ADDRESSES", "FAULTS");
        foreach (JsonElement vip in report.GetProperty("vips").EnumerateArray())
        {
            table.Add(
                vip.GetProperty("name").ToString(),
                vip.GetProperty("state").ToString(),
                vip.GetProperty("priority").ToString(),
                vip.GetProperty("owner").GetString() ?? vip.GetProperty("ownerAddress").GetString() ?? "-",
                Join(vip.GetProperty("addresses")),
                Join(vip.GetProperty("faults")));
        }

        table.WriteTo(output);
    }

    private static string Join(JsonElement list) =>
        string.Join(", ", list.EnumerateArray().Select(static each => each.ToString()));

    private static Command Move()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the virtual address." };
        var node = new Argument<string>("NODE") { Description = "Node that is to have it." };
        return CtlCommand.Verb(
            "move", "The node that has the address hands it over; established connections go on.",
            async (session, parsed, cancellation) => session.Report(
                await session.Api.PostAsync(
                    $"/api/vips/{Uri.EscapeDataString(parsed.GetRequiredValue(name))}/move?to="
                    + Uri.EscapeDataString(parsed.GetRequiredValue(node)),
                    null,
                    cancellation),
                json => Told(json, session.Output)),
            name,
            node);
    }

    private static Command Order(string verb, string description)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the virtual address." };
        return CtlCommand.Verb(
            verb, description,
            async (session, parsed, cancellation) => session.Report(
                await session.Api.PostAsync(
                    $"/api/vips/{Uri.EscapeDataString(parsed.GetRequiredValue(name))}/{verb}", null, cancellation),
                json => Told(json, session.Output)),
            name);
    }

    private static void Told(JsonElement answer, TextWriter output) =>
        output.WriteLine($"{answer.GetProperty("vip")}: {answer.GetProperty("done")}");
}
