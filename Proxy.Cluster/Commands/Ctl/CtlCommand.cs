using System.CommandLine;
using Proxy.Cluster.Commands.Roll;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`proxy ctl`: talks to a running node. A noun is a file of its own here; it adds its verbs and gets a
/// session to ask with. Exit codes: 0 done, 1 refused or not reachable, 2 the command is wrong.</summary>
internal static class CtlCommand
{
    public const string DefaultUrl = "http://127.0.0.1:8558";

    private static readonly Option<string> Url = new("--url")
    {
        Description = "Management address of the node: http(s)://HOST:PORT or unix:PATH. Also PROXY_URL.",
        DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("PROXY_URL") ?? DefaultUrl,
        Recursive = true,
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints what the node answered, as JSON.",
        Recursive = true,
    };

    public static Command Make()
    {
        var command = new Command("ctl", "Looks at a running node and changes it, over its management address.")
        {
            Url,
            Json,
            StatusNoun.Make(),
            PoolsNoun.Make(),
            MembersNoun.Make(),
            NodeNoun.Make(),
            ClusterNoun.Make(),
            RollNoun.Make(),
            RevisionsNoun.Make(),
            VipNoun.Make(),
        };
        foreach (Option option in CtlAccess.Options)
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>A verb that asks one node. The result of <paramref name="run"/> is the exit code.</summary>
    public static Command Verb(
        string name,
        string description,
        Func<CtlSession, ParseResult, CancellationToken, Task<int>> run,
        params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction((parsed, cancellation) => RunAsync(parsed, run, cancellation));
        return command;
    }

    public static string ReadUrl(ParseResult parsed) => parsed.GetRequiredValue(Url);

    private static async Task<int> RunAsync(
        ParseResult parsed,
        Func<CtlSession, ParseResult, CancellationToken, Task<int>> run,
        CancellationToken cancellation)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        if (CtlAccess.Read(parsed, errors) is not { } access)
        {
            return 2;
        }

        if (ManagementApi.Open(ReadUrl(parsed), access, out ManagementApi? api) is { } problem)
        {
            await errors.WriteLineAsync($"--url: {problem}");
            return 2;
        }

        using (api)
        {
            var session = new CtlSession(
                api!, parsed.GetValue(Json), parsed.InvocationConfiguration.Output, errors); // not null: no problem
            return await run(session, parsed, cancellation);
        }
    }
}
