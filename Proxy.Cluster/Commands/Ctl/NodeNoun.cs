using System.CommandLine;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl node`: commands for the node as a whole.</summary>
internal static class NodeNoun
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static Command Make() => new("node", "The node as a whole.")
    {
        Change(
            "drain", "Not ready any more, clients are sent elsewhere; what comes is still served. Undone by undrain.",
            "Most seconds to wait until no client is connected; 0 = do not wait.", 0,
            static (node, _) => node.Json is { } json && json.GetProperty("connections").GetInt64() == 0,
            "clients are still connected"),
        CtlCommand.Verb(
            "undrain", "Takes clients again.",
            static async (session, _, cancellation) =>
                session.Report(await session.Api.PostAsync("/api/node/undrain", null, cancellation), session.Told)),
        Change(
            "leave", "Drains, ends the requests under way, ends the process.",
            "Most seconds to wait until the node has gone; 0 = do not wait.", 0,
            static (node, _) => node.Status == 0, "the node is still there"),
        Change(
            "replace", "Has the node leave and waits until its successor on the same address is ready.",
            "Most seconds to wait for the successor.", 120,
            static (node, before) => node.Json is { } json && !IsSame(json, before)
                && json.GetProperty("ready").GetBoolean(),
            "no successor is ready", path: "leave"),
        CtlCommand.Verb(
            "upgrade", "Starts the program anew and hands the listening sockets over; no connection attempt is lost.",
            static async (session, _, cancellation) => session.Report(
                await session.Api.PostSlowAsync("/api/node/upgrade", cancellation), session.Told)),
    };

    private static bool IsSame(JsonElement node, JsonElement before) =>
        node.GetProperty("process").GetInt64() == before.GetProperty("process").GetInt64()
        && node.GetProperty("startedAt").ToString() == before.GetProperty("startedAt").ToString();

    private static Command Change(
        string verb,
        string description,
        string waiting,
        int patience,
        Func<ApiAnswer, JsonElement, bool> done,
        string undone,
        string? path = null)
    {
        Option<int> wait = Wait(waiting, patience);
        Option<string> reason = Reason();
        return CtlCommand.Verb(
            verb, description,
            async (session, parsed, cancellation) =>
            {
                ApiAnswer answer = await session.Api.PostAsync(
                    $"/api/node/{path ?? verb}{Query(parsed, reason)}", null, cancellation);
                if (session.Report(answer, session.Told) is not 0 and int code)
                {
                    return code;
                }

                int seconds = parsed.GetValue(wait);
                JsonElement before = answer.Json!.Value; // not null: it was reported
                return seconds == 0
                    || await UntilAsync(session, seconds, node => done(node, before), cancellation)
                    ? 0
                    : session.Fail($"{undone} after {seconds} s");
            },
            wait, reason);
    }

    private static Option<int> Wait(string description, int seconds) => new("--wait")
    {
        Description = description,
        DefaultValueFactory = _ => seconds,
    };

    private static Option<string> Reason() => new("--reason")
    {
        Description = "Why; for the node's log, its state and /ready.",
    };

    private static string Query(ParseResult parsed, Option<string> reason) =>
        parsed.GetValue(reason) is { Length: > 0 } why ? $"?reason={Uri.EscapeDataString(why)}" : "";

    private static async Task<bool> UntilAsync(
        CtlSession session, int seconds, Func<ApiAnswer, bool> done, CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        long begin = time.GetTimestamp();
        while (!done(await session.Api.GetAsync("/api/node", cancellation)))
        {
            if (time.GetElapsedTime(begin) > TimeSpan.FromSeconds(seconds))
            {
                return false;
            }

            await Task.Delay(Look, time, cancellation);
        }

        return true;
    }
}
