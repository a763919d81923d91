namespace Proxy.Actors.Runtime;

/// <summary>A step of leaving in good order. <see cref="Order"/> is the order in which they run.</summary>
public sealed class ShutdownPhase
{
    private ShutdownPhase(string name, int seconds = 5)
    {
        Name = name;
        DefaultTimeout = TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Say no to readiness checks, give up virtual addresses.</summary>
    public static ShutdownPhase BeforeServiceUnbind { get; } = new("before-service-unbind");

    /// <summary>Accept no further connection.</summary>
    public static ShutdownPhase ServiceUnbind { get; } = new("service-unbind");

    /// <summary>Let exchanges finish.</summary>
    public static ShutdownPhase ServiceRequestsDone { get; } = new("service-requests-done", 30);

    /// <summary>Cut what is left, stop the loops.</summary>
    public static ShutdownPhase ServiceStop { get; } = new("service-stop");

    /// <summary>Push the tail of what peers need.</summary>
    public static ShutdownPhase BeforeClusterShutdown { get; } = new("before-cluster-shutdown");

    /// <summary>Hand over singletons, announce the departure.</summary>
    public static ShutdownPhase ClusterLeave { get; } = new("cluster-leave");

    /// <summary>Wait until others have taken over.</summary>
    public static ShutdownPhase ClusterExiting { get; } = new("cluster-exiting", 10);

    /// <summary>Revoke leases, close streams.</summary>
    public static ShutdownPhase ClusterShutdown { get; } = new("cluster-shutdown");

    public static ShutdownPhase BeforeActorSystemTerminate { get; } = new("before-actor-system-terminate");

    public static ShutdownPhase ActorSystemTerminate { get; } = new("actor-system-terminate", 10);

    public static IReadOnlyList<ShutdownPhase> Order { get; } =
    [
        BeforeServiceUnbind,
        ServiceUnbind,
        ServiceRequestsDone,
        ServiceStop,
        BeforeClusterShutdown,
        ClusterLeave,
        ClusterExiting,
        ClusterShutdown,
        BeforeActorSystemTerminate,
        ActorSystemTerminate,
    ];

    public string Name { get; }

    public TimeSpan DefaultTimeout { get; }

    public override string ToString() => Name;
}
