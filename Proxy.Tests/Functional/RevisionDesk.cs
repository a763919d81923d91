using System.Text;
using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>How an operator changes the configuration of a running node and sees what became of it.</summary>
internal static class RevisionDesk
{
    public const string Change =
        "\"set\": { \"pools.app.members.m1.weight\": 7 }, \"who\": \"ann\", \"why\": \"test\"";

    /// <summary>A node whose configuration may be changed.</summary>
    public static NodeSettings Open(string url) =>
        new() { Rules = $"{NodeSettings.Pool("", url)}\nmanagement {{ read-only = false }}" };

    /// <summary>The same node once more.</summary>
    public static ChildProcess Run(NodeProcess node) => ChildProcess.Start(
        "dotnet", [Repository.Program, "run", Path.Combine(node.Folder, "node.conf")], node.Folder);

    public static async Task<(int Status, JsonElement Answer)> PostAsync(NodeProcess node, string path, string body)
    {
        WireMessage answer = await RawClient.AskOnceAsync(
            node.ManagementPort,
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        return (answer.Status, Parse(answer));
    }

    public static async Task<JsonElement> GetAsync(NodeProcess node, string path) =>
        Parse(await node.ManageAsync(path));

    private static JsonElement Parse(WireMessage message)
    {
        using JsonDocument json = JsonDocument.Parse(Encoding.UTF8.GetString(message.Body));
        return json.RootElement.Clone();
    }

    public static string[] Lines(JsonElement json, string key) =>
        [.. json.GetProperty(key).EnumerateArray().Select(static line => line.GetString()!)];

    public static async Task<int> WeightAsync(NodeProcess node) =>
        (await GetAsync(node, "/api/pools/app")).GetProperty("members")[0].GetProperty("weight").GetInt32();
}
