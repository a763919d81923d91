using System.Collections.Immutable;
using System.Text.Json;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Health;

/// <summary>One node's look at a member.</summary>
/// <param name="Reason">For operators: "200", "connection refused".</param>
internal sealed record Opinion(string Node, bool Passed, string Reason);

/// <summary>What the supervisor says of a member.</summary>
/// <param name="Evidence">The latest opinion of each observer.</param>
internal sealed record MemberVerdict(string Member, bool Up, string Reason, ImmutableArray<Opinion> Evidence)
{
    /// <summary>Whether only the given node fails to reach a member that is up.</summary>
    public bool IsBypassedBy(string node) => Up && Evidence.Any(one => one.Node == node && !one.Passed);
}

/// <summary>What nodes tell each other about the health of members.</summary>
internal abstract record HealthMessage
{
    private HealthMessage()
    {
    }

    /// <summary>From the supervisor to an observer: check a member once, now.</summary>
    /// <param name="Token">Of the supervisor's term.</param>
    internal sealed record Order(string Pool, string Member, long Token, long Round) : HealthMessage;

    /// <summary>The observer's answer.</summary>
    internal sealed record Report(string Pool, string Member, long Token, long Round, bool Passed, string Reason)
        : HealthMessage;

    /// <summary>From the supervisor to all nodes: a whole pool, so that one message lost costs nothing.</summary>
    /// <param name="Token">Of a later term is higher: what a deposed supervisor still says is refused.</param>
    /// <param name="Number">Counts the messages of a term.</param>
    /// <param name="FreshFor">After that nodes check for themselves.</param>
    internal sealed record Verdicts(
        string Pool, long Token, long Number, TimeSpan FreshFor, ImmutableArray<MemberVerdict> Members)
        : HealthMessage;

    public byte[] Write() => ClusterJson.Write(json =>
    {
        switch (this)
        {
            case Order order:
                WriteHead(json, "order", order.Pool, order.Token, order.Round);
                json.WriteString("member", order.Member);
                break;
            case Report report:
                WriteHead(json, "report", report.Pool, report.Token, report.Round);
                json.WriteString("member", report.Member);
                json.WriteBoolean("passed", report.Passed);
                json.WriteString("reason", report.Reason);
                break;
            case Verdicts verdicts:
                WriteHead(json, "verdicts", verdicts.Pool, verdicts.Token, verdicts.Number);
                json.WriteNumber("freshFor", (long)verdicts.FreshFor.TotalMilliseconds);
                VerdictJson.Write(json, verdicts.Members);
                break;
            default:
                throw new InvalidOperationException($"unknown message {this}");
        }
    });

    /// <summary>Null when it is none; then it is from a later version, or damaged.</summary>
    public static HealthMessage? Read(ReadOnlyMemory<byte> content) =>
        ClusterJson.Read<HealthMessage>(content, Read);

    private static HealthMessage? Read(JsonElement json)
    {
        string pool = json.Text("pool");
        long token = json.Number("token");
        long number = json.Number("number");
        return json.Text("kind") switch
        {
            "order" => new Order(pool, json.Text("member"), token, number),
            "report" => new Report(
                pool, json.Text("member"), token, number, json.IsTrue("passed"), json.Text("reason")),
            "verdicts" => new Verdicts(
                pool,
                token,
                number,
                TimeSpan.FromMilliseconds(Math.Clamp(json.Number("freshFor"), 0, 86_400_000)), // at most a day
                ReadMembers(json)),
            _ => null,
        };
    }

    private static void WriteHead(Utf8JsonWriter json, string kind, string pool, long token, long number)
    {
        json.WriteString("kind", kind);
        json.WriteString("pool", pool);
        json.WriteNumber("token", token);
        json.WriteNumber("number", number);
    }

    private static ImmutableArray<MemberVerdict> ReadMembers(JsonElement json) =>
    [
        .. Items(json, "members").Select(static member => new MemberVerdict(
            member.Text("member"), member.IsTrue("up"), member.Text("reason"),
            [
                .. Items(member, "evidence").Select(static one => new Opinion(
                    one.Text("node"), one.IsTrue("passed"), one.Text("reason"))),
            ])),
    ];

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object)
            : [];
}
