using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl status`: the node in a few lines.</summary>
internal static class StatusNoun
{
    public static Command Make() => CtlCommand.Verb(
        "status", "Shows the node: version, since when, whether it takes traffic, its revision and connections.",
        static (session, _, cancellation) => session.ShowAsync(
            "/api/node", json => Show(json, session.Output), cancellation));

    public static void Show(JsonElement node, TextWriter output)
    {
        string reason = node.GetProperty("reason").ToString();
        string state = node.GetProperty("state").ToString();
        string started = node.GetProperty("startedAt").GetDateTimeOffset().ToUniversalTime()
            .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        output.WriteLine($"node         {node.GetProperty("name")}");
        output.WriteLine($"version      {node.GetProperty("version")}, process {node.GetProperty("process")}");
        output.WriteLine($"started      {started}");
        output.WriteLine($"state        {state}{(reason.Length > 0 && reason != state ? $" ({reason})" : "")}");
        output.WriteLine($"revision     {node.GetProperty("revision")}");
        output.WriteLine($"connections  {node.GetProperty("connections")}");
        output.WriteLine($"requests     {node.GetProperty("requests")}");
    }
}
