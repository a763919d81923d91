using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>`ctl revisions`: the configuration as numbered commits.</summary>
internal static class RevisionsNoun
{
    private const string Path = "/api/revisions";

    private static readonly Option<string> Why = new("--why")
    {
        Description = "The reason, for whoever reads the list later.",
        DefaultValueFactory = static _ => "",
    };

    private static readonly Option<long?> Expected = new("--expected")
    {
        Description = "The revision you have seen: refused when another one is current.",
    };

    private static readonly Option<string?> First = new("--first")
    {
        Description = "The node that runs it before the others; they follow after `continue`.",
    };

    private static readonly Option<bool> GoesOn = new("--goes-on")
    {
        Description = "With --first: the others follow by themselves once it runs there.",
    };

    public static Command Make() => new("revisions", "The configuration as numbered commits.")
    {
        List(),
        Show(),
        Diff(),
        Set(),
        Paths("unset", "Takes keys, or elements of lists, away, whatever the file says."),
        Paths("revert", "Takes your changes at these paths back: the file holds again. * = all of them."),
        Rollback(),
        CtlCommand.Verb(
            "continue", "Lets a staged revision go on to all nodes.",
            (session, parsed, cancellation) => PostAsync(session, parsed, "/continue", static _ => { }, cancellation),
            Why, Expected),
        Export(),
    };

    private static Command List()
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many, from the newest.",
            DefaultValueFactory = static _ => 20,
        };
        return CtlCommand.Verb(
            "list", "Lists the revisions, and what each node says about them.",
            (session, parsed, cancellation) => session.ShowAsync(
                string.Create(CultureInfo.InvariantCulture, $"{Path}?limit={parsed.GetValue(limit)}"),
                json => WriteList(json, session.Output), cancellation),
            limit);
    }

    private static Command Show()
    {
        Argument<long> number = Number("REVISION");
        return CtlCommand.Verb(
            "show", "Shows one revision: who, when, why, what changed, and all changes on top of the file.",
            (session, parsed, cancellation) => session.ShowAsync(
                At(parsed.GetValue(number)), json => WriteOne(json, session.Output), cancellation),
            number);
    }

    private static Command Diff()
    {
        Argument<long> from = Number("FROM");
        Argument<long> to = Number("TO");
        return CtlCommand.Verb(
            "diff", "Shows what is different between two revisions.",
            (session, parsed, cancellation) => session.ShowAsync(
                string.Create(
                    CultureInfo.InvariantCulture, $"{At(parsed.GetValue(to))}/diff?from={parsed.GetValue(from)}"),
                json => WriteLines(json.GetProperty("diff"), session.Output), cancellation),
            from, to);
    }

    private static Command Set()
    {
        var pairs = new Argument<string[]>("PATH VALUE")
        {
            Description =
                "Paths and values in turn, e.g. pools.app.members.a.weight 50. A value is JSON, or a plain text.",
            Arity = new ArgumentArity(2, 100),
        };
        return CtlCommand.Verb(
            "set", "Sets keys on top of the file, on all nodes, at once.",
            async (session, parsed, cancellation) =>
            {
                string[] given = parsed.GetRequiredValue(pairs);
                return given.Length % 2 == 1
                    ? session.Fail($"{given[^1]} has no value")
                    : await PostAsync(session, parsed, "", json => WriteSet(json, given), cancellation);
            },
            pairs, Why, Expected, First, GoesOn);
    }

    private static Command Paths(string verb, string description)
    {
        var paths = new Argument<string[]>("PATH") { Description = "Paths.", Arity = new ArgumentArity(1, 100) };
        return CtlCommand.Verb(
            verb, description,
            (session, parsed, cancellation) => PostAsync(session, parsed, "", json =>
            {
                json.WriteStartArray(verb);
                foreach (string path in parsed.GetRequiredValue(paths))
                {
                    json.WriteStringValue(path);
                }

                json.WriteEndArray();
            }, cancellation),
            paths, Why, Expected, First, GoesOn);
    }

    private static Command Rollback()
    {
        Argument<long> number = Number("REVISION");
        return CtlCommand.Verb(
            "rollback", "Makes an older revision the newest again; also gives a staged one up.",
            (session, parsed, cancellation) => PostAsync(
                session, parsed, "/rollback", json => json.WriteNumber("to", parsed.GetValue(number)), cancellation),
            number, Why, Expected, First, GoesOn);
    }

    private static Command Export()
    {
        var number = new Option<long?>("--revision") { Description = "Which; without it the one the node runs." };
        return CtlCommand.Verb(
            "export", "Prints a revision as HOCON, secrets masked.",
            async (session, parsed, cancellation) =>
            {
                string query = parsed.GetValue(number) is { } one
                    ? string.Create(CultureInfo.InvariantCulture, $"?revision={one}")
                    : "";
                ApiAnswer answer = await session.Api.GetAsync($"{Path}/export{query}", cancellation);
                if (answer.Problem is { } problem)
                {
                    return session.Fail(problem);
                }

                await session.Output.WriteAsync(answer.Text);
                return 0;
            },
            number);
    }

    private static Argument<long> Number(string name) => new(name) { Description = "Number of a revision." };

    private static string At(long number) => string.Create(CultureInfo.InvariantCulture, $"{Path}/{number}");

    private static void WriteSet(Utf8JsonWriter json, string[] pairs)
    {
        json.WriteStartObject("set");
        for (int i = 0; i < pairs.Length; i += 2)
        {
            json.WritePropertyName(pairs[i]);
            if (IsJson(pairs[i + 1]))
            {
                json.WriteRawValue(pairs[i + 1]);
            }
            else
            {
                json.WriteStringValue(pairs[i + 1]);
            }
        }

        json.WriteEndObject();
    }

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument value = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<int> PostAsync(
        CtlSession session,
        ParseResult parsed,
        string path,
        Action<Utf8JsonWriter> write,
        CancellationToken cancellation)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteString("who", Environment.UserName);
            json.WriteString("why", parsed.GetValue(Why) ?? "");
            if (parsed.GetValue(Expected) is { } expected)
            {
                json.WriteNumber("expected", expected);
            }

            if (parsed.GetValue(First) is { } first)
            {
                json.WriteString("first", first);
                json.WriteBoolean("goesOn", parsed.GetValue(GoesOn));
            }

            json.WriteEndObject();
        }

        ApiAnswer answer = await session.Api.PostAsync(
            Path + path, Encoding.UTF8.GetString(body.WrittenSpan), cancellation);
        if (!session.AsJson && answer is { Status: 409, Json: { } conflict }
            && conflict.TryGetProperty("theirs", out _))
        {
            WriteConflict(conflict, session.Errors);
        }

        return session.Report(answer, json => WriteCommit(json, session.Output));
    }

    private static void WriteConflict(JsonElement json, TextWriter errors)
    {
        errors.WriteLine($"since revision {json.GetProperty("expected")} others changed:");
        WriteLines(json.GetProperty("theirs"), errors);
        errors.WriteLine("you wanted:");
        WriteLines(json.GetProperty("yours"), errors);
    }

    private static void WriteCommit(JsonElement json, TextWriter output)
    {
        if (json.GetProperty("outcome").GetString() == "unchanged")
        {
            output.WriteLine($"nothing to change; revision {json.GetProperty("number")} says it already");
            return;
        }

        string first = json.GetProperty("first").ToString();
        output.WriteLine(
            $"revision {json.GetProperty("number")}{(first.Length > 0 ? $", on {first} until it is continued" : "")}");
        WriteLines(json.GetProperty("diff"), output);
        foreach (JsonElement warning in json.GetProperty("warnings").EnumerateArray())
        {
            output.WriteLine($"warning: {warning}");
        }
    }

    private static void WriteList(JsonElement json, TextWriter output)
    {
        string refusal = json.GetProperty("refusesChanges").ToString();
        output.WriteLine($"revision {json.GetProperty("head")}, applied on {json.GetProperty("applied")}");
        if (refusal.Length > 0)
        {
            output.WriteLine($"no changes now: {refusal}");
        }

        foreach (JsonElement node in json.GetProperty("nodes").EnumerateArray())
        {
            string reason = node.GetProperty("reason").ToString();
            long number = node.GetProperty("refused").GetInt64();
            string refused = number > 0 ? string.Create(CultureInfo.InvariantCulture, $", refuses {number}") : "";
            output.WriteLine(
                $"  {node.GetProperty("name")} runs {node.GetProperty("running")}{refused}"
                + (reason.Length > 0 ? $": {reason}" : ""));
        }

        var table = new TextTable("REVISION", "AT", "KIND", "WHO", "CHANGES", "WHY");
        foreach (JsonElement one in json.GetProperty("revisions").EnumerateArray())
        {
            table.Add(
                one.GetProperty("number").ToString(), At(one), Kind(one), one.GetProperty("who").ToString(),
                one.GetProperty("diff").GetArrayLength().ToString(CultureInfo.InvariantCulture),
                one.GetProperty("why").ToString());
        }

        table.WriteTo(output);
    }

    private static void WriteOne(JsonElement json, TextWriter output)
    {
        output.WriteLine($"revision  {json.GetProperty("number")} ({Kind(json)})");
        output.WriteLine($"at        {At(json)}");
        output.WriteLine($"who       {json.GetProperty("who")}");
        output.WriteLine($"why       {json.GetProperty("why")}");
        output.WriteLine($"hash      {json.GetProperty("hash")}");
        output.WriteLine("changed");
        WriteLines(json.GetProperty("diff"), output);
        output.WriteLine("on top of the file");
        foreach (JsonElement edit in json.GetProperty("overlay").EnumerateArray())
        {
            JsonElement value = edit.GetProperty("value");
            output.WriteLine(value.ValueKind == JsonValueKind.Null
                ? $"  unset {edit.GetProperty("path")}"
                : $"  set {edit.GetProperty("path")} = {value.GetRawText()}");
        }
    }

    private static string At(JsonElement revision) => revision.GetProperty("at").GetDateTimeOffset()
        .ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Kind(JsonElement revision)
    {
        string first = revision.GetProperty("first").ToString();
        long of = revision.GetProperty("of").GetInt64();
        return revision.GetProperty("kind")
            + (of > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {of}") : "")
            + (first.Length > 0 ? $" on {first}" : "");
    }

    private static void WriteLines(JsonElement lines, TextWriter output)
    {
        foreach (JsonElement line in lines.EnumerateArray())
        {
            output.WriteLine($"  {line}");
        }
    }
}
