using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Singletons;

internal enum SlotPhase : byte
{
    Idle,

    /// <summary>The claim is under way.</summary>
    Claiming,

    /// <summary>It runs here.</summary>
    Running,

    /// <summary>It was told to stop; nothing is done before it has.</summary>
    Stopping,

    /// <summary>It has stopped here, and the key is being given to the next owner, or up.</summary>
    Releasing,
}

/// <summary>What one node remembers of one singleton.</summary>
internal sealed class SingletonSlot(string name)
{
    public string Name => name;

    public SlotPhase Phase { get; set; }

    /// <summary>What the claim and the term hang on: with another lease they are over, whatever the feed
    /// says.</summary>
    public LeaseId Lease { get; set; }

    /// <summary>Of the phases Running and Stopping.</summary>
    public SingletonTerm? Term { get; set; }

    /// <summary>After stopping, the key is given to a successor.</summary>
    public bool GivesUp { get; set; }

    /// <summary>The token of what is being put on the next owner's lease; none otherwise.</summary>
    public Revision HandedOver { get; set; }

    /// <summary>The feed must have come that far before it is believed.</summary>
    public Revision SeenBefore { get; set; }

    public TimeSpan NotBefore { get; set; }

    /// <summary>Since when nobody owns it; null while somebody does.</summary>
    public TimeSpan? VacantSince { get; set; }

    /// <summary>Since when another node should have what this one has; null while this one should.</summary>
    public TimeSpan? MisplacedSince { get; set; }
}
