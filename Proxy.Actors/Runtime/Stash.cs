using System.Diagnostics.CodeAnalysis;

namespace Proxy.Actors.Runtime;

/// <summary>
/// Messages put aside, and those put back, which go before the mailbox. Used in the actor's turn only.
/// </summary>
internal sealed class Stash<TMsg>(int capacity)
{
    private Queue<TMsg> _held = new();
    private Queue<TMsg> _replay = new();

    public bool HasReplay => _replay.Count > 0;

    public bool TryHold(TMsg message)
    {
        // Put-back messages count too, else a stash that is never drained could grow without bound.
        if (_held.Count + _replay.Count >= capacity)
        {
            return false;
        }

        _held.Enqueue(message);
        return true;
    }

    /// <summary>Held messages are older than what is left of an earlier replay, so they go in front of it.</summary>
    public void Release()
    {
        while (_replay.TryDequeue(out var later))
        {
            _held.Enqueue(later);
        }

        (_held, _replay) = (_replay, _held);
    }

    public bool TryTake([MaybeNullWhen(false)] out TMsg message) => _replay.TryDequeue(out message);
}
