namespace Proxy.Actors.Config;

/// <summary>This process.</summary>
public sealed record NodeConfig
{
    /// <summary>Shown to operators and used in Proxy-Status; empty = the machine's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Directory for what must survive a restart, relative to the working directory.</summary>
    public string StateDir { get; init; } = "state";

    /// <summary>Event loops; 0 = one per core ("auto").</summary>
    public int Workers { get; init; }

    /// <summary>Bytes of buffers all loops together may hold; 0 = a quarter of the memory this process may
    /// use.</summary>
    public long MaxBufferMemory { get; init; }

    /// <summary>Sessions and addresses that affinity remembers at once, over all pools.</summary>
    public int MaxSessions { get; init; } = 1_000_000;

    /// <summary>How long requests in flight may take to end after a stop was asked for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping node goes on accepting after it has said that it is not ready, so that whoever
    /// sends it clients can hear of it.</summary>
    public TimeSpan DrainGrace { get; init; }

    /// <summary>How often a new key seals session tickets; a key opens tickets for two more turns.</summary>
    public TimeSpan TicketRotation { get; init; } = TimeSpan.FromHours(12);
}
