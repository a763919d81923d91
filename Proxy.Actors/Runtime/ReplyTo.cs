namespace Proxy.Actors.Runtime;

/// <summary>
/// Where an answer goes. Travels inside the question. Only the first answer within the time-out counts; every later one
/// returns false and cannot reach anybody, also when the slot behind it serves another question by then.
/// </summary>
public readonly struct ReplyTo<TReply>
{
    private readonly AskSlot<TReply>? _slot;
    private readonly long _generation;

    internal ReplyTo(AskSlot<TReply> slot, long generation)
    {
        _slot = slot;
        _generation = generation;
    }

    public bool Reply(TReply value)
    {
        return _slot is not null && _slot.TryComplete(_generation, new Result<TReply>(value));
    }

    public bool Fail(Exception error)
    {
        return _slot is not null && _slot.TryComplete(_generation, new Result<TReply>(error));
    }
}

/// <summary>A question on its way, as its asker sees it.</summary>
public readonly struct PendingAsk<TReply>
{
    private readonly AskSlot<TReply>? _slot;
    private readonly long _generation;

    internal PendingAsk(AskSlot<TReply> slot, long generation)
    {
        _slot = slot;
        _generation = generation;
    }

    /// <summary>True: the completion will never be called. False: it has been or is being called.</summary>
    public bool Cancel() => _slot is not null && _slot.TryAbandon(_generation);
}
