using Proxy.Edge.Relay;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Node;

/// <summary>What the data plane tells its owner. Called on loop threads: implementations neither block nor
/// throw.</summary>
public interface IEdgeEvents
{
    /// <summary>A handler threw. The connection was closed; everything else goes on.</summary>
    void OnFailure(int loop, Exception error);

    /// <summary>A loop ran out of descriptors or memory while accepting; it tries again shortly.</summary>
    void OnAcceptFailed(int loop, string reason);
}

/// <summary>What a data plane is made of.</summary>
public sealed record EdgeNodeOptions
{
    /// <summary>Event loops, one thread each; 1 to 64.</summary>
    public required int Loops { get; init; }

    /// <summary>Name in Proxy-Status and Via loops.</summary>
    public required string NodeName { get; init; }

    public required EdgeTelemetry Telemetry { get; init; }

    public required AccessLogWriter AccessLogs { get; init; }

    public required IObservationSink Observations { get; init; }

    /// <summary>Where requests wait for members with max-connections.</summary>
    public ISlotQueue Slots { get; init; } = new NoSlotQueue();

    /// <summary>Answered on every plain listener, before routes and redirects.</summary>
    public HttpChallenges Challenges { get; init; } = new();

    public required IEdgeEvents Events { get; init; }

    /// <summary>Listening sockets of the process before this one.</summary>
    public InheritedListeners Inherited { get; init; } = InheritedListeners.None;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Most bytes of buffers over all loops; requests beyond are refused with 503.</summary>
    public long BufferBytes { get; init; } = 512L << 20;

    /// <summary>Distinguishes this start of this node from every other; the upper half of request ids.</summary>
    public required ulong InstanceId { get; init; }
}

/// <summary>A listener that could not be opened or an access log that could not be written.</summary>
public sealed record EdgeProblem(string Listener, string Message);

/// <summary>A listening address as it was really bound.</summary>
public sealed record BoundListener(string Name, SocketTarget Address);
