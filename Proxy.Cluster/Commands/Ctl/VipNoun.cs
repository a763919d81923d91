using System.CommandLine;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl vip`: looks at virtual addresses and moves them.</summary>
internal static class VipNoun
{
    public static Command Make() => new("vip", "Virtual addresses.")
    {
        CtlCommand.Verb(
            "list", "Shows the node's virtual addresses, their state and who has them.",
            static (session, _, cancellation) => session.ShowAsync(
                "/api/vips", json => List(json, session.Output), cancellation)),
        Order("give", "The node gives the address to the next one and stays away for resign-hold."),
        Order("take", "The node takes the address now; it keeps it if its priority is the highest."),
    };

    public static void List(JsonElement answer, TextWriter output)
    {
        var table = new TextTable("NAME", "STATE", "PRIORITY", "OWNER", "ADDRESSES");
        foreach (JsonElement vip in answer.GetProperty("vips").EnumerateArray())
        {
            table.Add(
                vip.GetProperty("name").ToString(),
                vip.GetProperty("state").ToString(),
                vip.GetProperty("priority").ToString(),
                vip.GetProperty("owner").GetString() ?? vip.GetProperty("ownerAddress").GetString() ?? "-",
                string.Join(", ", vip.GetProperty("addresses").EnumerateArray()));
        }

        table.WriteTo(output);
    }

    private static Command Order(string verb, string description)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the virtual address." };
        return CtlCommand.Verb(
            verb, description,
            async (session, parsed, cancellation) =>
            {
                string vip = parsed.GetRequiredValue(name);
                ApiAnswer answer = await session.Api.PostAsync(
                    $"/api/vips/{Uri.EscapeDataString(vip)}/{verb}", null, cancellation);
                return session.Report(answer, _ => session.Output.WriteLine($"{vip}: {verb}"));
            },
            name);
    }
}
