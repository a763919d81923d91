namespace Proxy.Actors.Runtime;

/// <summary>What a full mailbox does with one message more.</summary>
public enum MailboxOverflow
{
    /// <summary>Refuses the arriving message.</summary>
    RejectNewest,

    /// <summary>Evicts the message that has waited longest.</summary>
    DropOldest,

    /// <summary>Evicts the message that was queued last.</summary>
    DropNewest,

    /// <summary>Refuses the arriving message and fails the actor, so that its supervision decides.</summary>
    Fail,
}

/// <param name="Capacity">In messages; <see cref="Unlimited"/> removes the bound.</param>
public sealed record MailboxOptions(
    int Capacity = 1024,
    MailboxOverflow Overflow = MailboxOverflow.RejectNewest,
    int StashCapacity = 256)
{
    public const int Unlimited = int.MaxValue;
}

/// <summary>Failure of an actor whose mailbox was full under <see cref="MailboxOverflow.Fail"/>.</summary>
public sealed class MailboxOverflowException(string path, int capacity)
    : Exception($"{path}: more than {capacity} messages are waiting");
