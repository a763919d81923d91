namespace Proxy.Actors.Runtime;

/// <summary>Address of an actor, alive or dead. Safe to share between threads.</summary>
public interface IRef
{
    /// <summary>Place in the tree, such as <c>/user/pools/app</c>.</summary>
    string Path { get; }
}

/// <summary>Typed address. Every member may be called from any thread and none of them blocks.</summary>
public interface IRef<in TMsg> : IRef, IAskable<TMsg>
{
    /// <summary>Hands the message over. Messages of one sender arrive in the order they were told.</summary>
    TellResult Tell(TMsg message);
}

public enum TellResult
{
    /// <summary>
    /// In the mailbox. It can still be lost: to an eviction, to a stop, or to a failure while it is handled.
    /// </summary>
    Accepted,

    /// <summary>Refused because the mailbox is full.</summary>
    Dropped,

    /// <summary>Refused because the actor has stopped for good; counted as a dead letter.</summary>
    Dead,
}
