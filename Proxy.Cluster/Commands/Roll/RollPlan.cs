namespace Proxy.Cluster.Commands.Roll;

/// <summary>How a node is exchanged.</summary>
internal enum RollHow
{
    /// <summary>It leaves; whatever starts it on its machine starts the new version.</summary>
    Replace,

    /// <summary>It starts the program anew and hands its sockets over.</summary>
    Upgrade,
}

/// <summary>What an operator wants of a roll. Times are real time.</summary>
internal sealed record RollPlan
{
    /// <summary>Management addresses, in the order of the roll.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    public RollHow How { get; init; } = RollHow.Replace;

    /// <summary>How long the clients of a draining node may take to go elsewhere.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the successor may take until it is ready.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the fleet is watched before the first node and after each.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How much greater the share of answers with status 5xx may be than it was before the roll.</summary>
    public double MaxErrors { get; init; } = 0.01;

    /// <summary>Fewer requests than this prove nothing.</summary>
    public long MinRequests { get; init; } = 50;
}

/// <summary>What a node said of itself.</summary>
/// <param name="Identity">Differs from process to process.</param>
/// <param name="Errors">Answers with status 5xx since its start.</param>
internal sealed record NodeSample(
    string Name, string Version, string Identity, bool IsReady, string Reason, long Connections, long Requests,
    long Errors);

/// <summary>What happened.</summary>
internal abstract record RollInput
{
    /// <summary>A look at all nodes in the order of the plan; null = no answer.</summary>
    public sealed record Looked(IReadOnlyList<NodeSample?> Nodes) : RollInput;

    /// <param name="Problem">Why the command was refused; null = it was taken.</param>
    public sealed record Commanded(string? Problem) : RollInput;
}

/// <summary>What is to be done.</summary>
internal abstract record RollEffect
{
    /// <param name="Verb">drain, undrain, leave, upgrade.</param>
    public sealed record Command(int Node, string Verb) : RollEffect;

    public sealed record Say(string Text) : RollEffect;

    /// <summary>So many nodes are done: where a later roll can go on.</summary>
    public sealed record Save(int Done) : RollEffect;

    /// <param name="Problem">Why the roll stopped; null = all nodes are done.</param>
    public sealed record End(string? Problem) : RollEffect;
}
