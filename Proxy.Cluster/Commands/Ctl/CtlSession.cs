using System.Text.Encodings.Web;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>One command's conversation with one node.</summary>
/// <param name="AsJson">The operator wants the node's JSON instead of a table.</param>
internal sealed record CtlSession(ManagementApi Api, bool AsJson, TextWriter Output, TextWriter Errors)
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a terminal, not for a page
    };

    /// <summary>Shows what a path answers: as JSON, or as the table that <paramref name="show"/> makes of it.</summary>
    public async Task<int> ShowAsync(string path, Action<JsonElement> show, CancellationToken cancellation)
    {
        ApiAnswer answer = await Api.GetAsync(path, cancellation);
        return Report(answer, show);
    }

    /// <summary>0 after showing the answer, 1 after saying what is wrong with it.</summary>
    public int Report(ApiAnswer answer, Action<JsonElement> show)
    {
        if (answer.Problem is { } problem)
        {
            return Fail(problem);
        }

        if (answer.Json is not { } json)
        {
            return Fail("the answer is not JSON; is --url the management address of a node?");
        }

        if (AsJson)
        {
            PrintJson(json);
            return 0;
        }

        try
        {
            show(json);
            return 0;
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return Fail($"the answer is not what this program expects ({error.Message}); "
                + "is the node of another version? --json shows it as it is");
        }
    }

    /// <summary>One line about the node after a command.</summary>
    public void Told(JsonElement node) =>
        Output.WriteLine($"{node.GetProperty("name")}: {node.GetProperty("state")}");

    public void PrintJson(JsonElement json) => Output.WriteLine(JsonSerializer.Serialize(json, Readable));

    public int Fail(string problem)
    {
        Errors.WriteLine($"error: {problem}");
        return 1;
    }
}
