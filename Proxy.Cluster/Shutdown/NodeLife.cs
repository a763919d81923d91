namespace Proxy.Cluster.Shutdown;

/// <summary>Where a node stands between its start and its end.</summary>
internal enum NodePhase
{
    Starting,
    Serving,

    /// <summary>Serves, and has clients go elsewhere. Can be taken back.</summary>
    Draining,

    /// <summary>On its way out. Cannot be taken back.</summary>
    Leaving,
}

/// <summary>What is asked of the node as a whole.</summary>
internal abstract record LifeInput
{
    public sealed record Started : LifeInput;

    public sealed record Drain(string Reason) : LifeInput;

    public sealed record Undrain : LifeInput;

    public sealed record Leave(string Reason) : LifeInput;

    /// <summary>Another process has the listening sockets and serves.</summary>
    public sealed record HandedOver(int Successor) : LifeInput;

    /// <summary>No more patience: what is left is cut off.</summary>
    public sealed record Hurry : LifeInput;
}

/// <summary>What the node has to do about it, in this order.</summary>
internal abstract record LifeEffect
{
    /// <param name="Reason">Why the node is not ready; null = it is.</param>
    public sealed record TellReady(string? Reason) : LifeEffect;

    /// <summary>Answers say "close", HTTP/2 says GOAWAY, idle connections end.</summary>
    public sealed record SendClientsAway : LifeEffect;

    public sealed record WelcomeClients : LifeEffect;

    /// <summary>Virtual addresses, singletons and the like: others take them now.</summary>
    public sealed record GiveUpDuties : LifeEffect;

    public sealed record TakeDuties : LifeEffect;

    /// <summary>Runs the phases of the shutdown to the end.</summary>
    /// <param name="WithGrace">Whether to go on accepting for a while, for those who have yet to hear of it.</param>
    /// <param name="KeepsDuties">They stay with this node, whose next process does them.</param>
    public sealed record RunPhases(string Reason, bool WithGrace, bool KeepsDuties = false) : LifeEffect;

    public sealed record CutConnections : LifeEffect;

    /// <summary>One line for the node's log.</summary>
    public sealed record Say(string What) : LifeEffect;
}

/// <summary>The node's life as a value: it decides what a command means in each phase and does nothing
/// itself.</summary>
internal sealed record NodeLife(NodePhase Phase)
{
    public static NodeLife Begin { get; } = new(NodePhase.Starting);

    public LifeStep Handle(LifeInput input) => (Phase, input) switch
    {
        (NodePhase.Starting, LifeInput.Started) => Go(NodePhase.Serving, new LifeEffect.TellReady(null)),
        (NodePhase.Serving, LifeInput.Drain drain) => Go(
            NodePhase.Draining, new LifeEffect.Say($"drain: {drain.Reason}"),
            new LifeEffect.TellReady($"draining: {drain.Reason}"), new LifeEffect.GiveUpDuties(),
            new LifeEffect.SendClientsAway()),
        (NodePhase.Draining, LifeInput.Undrain) => Go(
            NodePhase.Serving, new LifeEffect.WelcomeClients(), new LifeEffect.TakeDuties(),
            new LifeEffect.TellReady(null), new LifeEffect.Say("drain: taken back")),
        (NodePhase.Draining, LifeInput.Drain) or (NodePhase.Serving, LifeInput.Undrain)
            or (NodePhase.Leaving, LifeInput.Leave) => Go(Phase),
        (NodePhase.Leaving, LifeInput.Hurry) => Go(Phase, new LifeEffect.CutConnections()),
        (NodePhase.Starting, LifeInput.Leave leave) => Leaving(leave.Reason, withGrace: false),

        // Who asked before has been told already, so there is nobody left to wait for.
        (NodePhase.Draining, LifeInput.Leave leave) => Leaving(leave.Reason, withGrace: false),
        (NodePhase.Serving, LifeInput.Leave leave) => Leaving(leave.Reason, withGrace: true),
        (not NodePhase.Leaving, LifeInput.HandedOver over) =>
            Go(
                NodePhase.Leaving,
                new LifeEffect.RunPhases(
                    $"process {over.Successor} has taken over", WithGrace: false, KeepsDuties: true)),
        (NodePhase.Leaving, _) => Refuse("the node is leaving"),
        (NodePhase.Starting, LifeInput.Drain or LifeInput.Undrain) => Refuse("the node is still starting"),
        _ => Go(Phase),
    };

    private static LifeStep Leaving(string reason, bool withGrace) => Go(
        NodePhase.Leaving, new LifeEffect.TellReady("draining"), new LifeEffect.RunPhases(reason, withGrace));

    private static LifeStep Go(NodePhase phase, params LifeEffect[] effects) =>
        new(new NodeLife(phase), effects, null);

    private LifeStep Refuse(string why) => new(this, [], why);
}

/// <summary>The next state and what is to be done.</summary>
/// <param name="Refusal">Why the input has no effect; null when it has, or is already true.</param>
internal sealed record LifeStep(NodeLife Next, IReadOnlyList<LifeEffect> Effects, string? Refusal);
