namespace Proxy.Actors.Config;

/// <summary>A virtual router: addresses that are on exactly one of several nodes, agreed by VRRP.</summary>
public sealed record VipConfig
{
    /// <summary>For messages, metrics and orders; unique.</summary>
    public string Name { get; init; } = "";

    public string Interface { get; init; } = "";

    /// <summary>Addresses with or without a prefix length, all of one protocol.</summary>
    public ConfigList<string> Addresses { get; init; } = [];

    /// <summary>1 to 255, the same on all nodes; 0 = not given.</summary>
    public int RouterId { get; init; }

    /// <summary>1 to 255 (owner); 0 = by placement.</summary>
    public int Priority { get; init; } = 100;

    /// <summary>Between two adverts.</summary>
    public TimeSpan Advert { get; init; } = TimeSpan.FromMilliseconds(100);

    public int Version { get; init; } = 3;

    /// <summary>Whether to take over from a living router of lower priority.</summary>
    public bool Preempt { get; init; } = true;

    public TimeSpan PreemptDelay { get; init; }

    /// <summary>Version 2 only; empty = none.</summary>
    public string Auth { get; init; } = "";

    /// <summary>The address to speak from; empty = the interface's own.</summary>
    public string Source { get; init; } = "";

    /// <summary>Empty = multicast.</summary>
    public ConfigList<string> UnicastPeers { get; init; } = [];

    public bool VirtualMac { get; init; }

    public VipChecksum Checksum { get; init; }

    /// <summary>Virtual routers with the same name here change state together; empty = alone.</summary>
    public string SyncGroup { get; init; } = "";

    /// <summary>How long this node stays away after it gave the addresses up by request.</summary>
    public TimeSpan ResignHold { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Node that has it while everybody is there; only with priority by placement. Empty = any.</summary>
    public string Pin { get; init; } = "";

    public VipTrackConfig Track { get; init; } = new();

    public VipNotifyConfig Notify { get; init; } = new();
}

/// <summary>What a version 3 checksum over IPv4 covers when sending; both are accepted.</summary>
public enum VipChecksum : byte
{
    /// <summary>With the pseudo header, as keepalived sends it.</summary>
    PseudoHeader,

    /// <summary>The message alone (RFC 9568).</summary>
    Message,
}

/// <summary>What takes a virtual router out of the running or lowers its priority.</summary>
public sealed record VipTrackConfig
{
    /// <summary>Whether a node that is not ready gives its addresses up.</summary>
    public bool Ready { get; init; } = true;

    /// <summary>Pools without which this node is of no use for the addresses.</summary>
    public ConfigList<string> Pools { get; init; } = [];

    /// <summary>Other interfaces that must be up.</summary>
    public ConfigList<string> Interfaces { get; init; } = [];

    /// <summary>Whether a node that reaches neither the engine nor more than half of the members gives its addresses
    /// up.</summary>
    public bool Majority { get; init; }

    public VipCheckConfig Check { get; init; } = new();
}

/// <summary>The operator's own check: exit code 0 is good.</summary>
public sealed record VipCheckConfig
{
    /// <summary>Program and arguments, no shell; empty = none.</summary>
    public ConfigList<string> Command { get; init; } = [];

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    public int Rise { get; init; } = 1;

    public int Fall { get; init; } = 1;

    /// <summary>0 = a failed check is a fault; below 0 is added while it fails, above 0 while it passes.</summary>
    public int Weight { get; init; }
}

/// <summary>What is run when a virtual router changes state.</summary>
public sealed record VipNotifyConfig
{
    /// <summary>Program and arguments, no shell; name, state and priority are appended. Empty = none.</summary>
    public ConfigList<string> Command { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>The process that holds the virtual addresses, and what it makes of this node.</summary>
public sealed record VipGuardConfig
{
    /// <summary>A node that gives no sign of life for so long loses its addresses; zero = only when it ends.</summary>
    public TimeSpan HangAfter { get; init; } = TimeSpan.FromMilliseconds(70);

    /// <summary>Local socket; empty = in the state directory.</summary>
    public string SocketPath { get; init; } = "";

    /// <summary>How long the addresses stay while the node restarts.</summary>
    public TimeSpan KeepOverRestart { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Which node gets which of several virtual routers.</summary>
public sealed record VipPlacementConfig
{
    /// <summary>All nodes, the same list everywhere; empty = the members of the cluster.</summary>
    public ConfigList<VipNodeConfig> Nodes { get; init; } = [];

    /// <summary>How long a node that comes back leaves its addresses where they are.</summary>
    public TimeSpan RebalanceAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a member of the cluster that is gone keeps its place; without a list of nodes.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>A node in the placement.</summary>
public sealed record VipNodeConfig
{
    public string Name { get; init; } = "";

    /// <summary>How many virtual routers it should have in proportion to the others; 0 = only when all others are
    /// gone.</summary>
    public int Weight { get; init; } = 100;
}
