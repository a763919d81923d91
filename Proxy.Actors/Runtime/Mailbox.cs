using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Proxy.Actors.Runtime;

/// <summary>
/// User messages of one actor. Any thread writes; reading belongs to the actor's turn, except <see cref="IsEmpty"/>,
/// which is asked after the turn has been given up, when the next one may already read. That is why no single-reader
/// channel is used.
/// </summary>
internal sealed class Mailbox<TMsg>
{
    private readonly Channel<TMsg> _channel;
    private volatile bool _closed;

    /// <param name="evicted">Called on the writer's thread with a message that had been accepted and lost its
    /// place.</param>
    public Mailbox(MailboxOptions options, Action<TMsg> evicted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1);
        if (options.Capacity == MailboxOptions.Unlimited)
        {
            _channel = Channel.CreateUnbounded<TMsg>();
            return;
        }

        var mode = options.Overflow switch
        {
            MailboxOverflow.DropOldest => BoundedChannelFullMode.DropOldest,
            MailboxOverflow.DropNewest => BoundedChannelFullMode.DropNewest,
            _ => BoundedChannelFullMode.Wait, // with TryWrite: refuse
        };
        _channel = Channel.CreateBounded(new BoundedChannelOptions(options.Capacity) { FullMode = mode }, evicted);
    }

    public bool IsEmpty => _channel.Reader.Count == 0;

    public TellResult Write(TMsg message)
    {
        if (_channel.Writer.TryWrite(message))
        {
            return TellResult.Accepted;
        }

        return _closed ? TellResult.Dead : TellResult.Dropped;
    }

    public bool TryRead([MaybeNullWhen(false)] out TMsg message) => _channel.Reader.TryRead(out message);

    /// <summary>Nothing is accepted afterwards; what was accepted before can still be read.</summary>
    public void Close()
    {
        _closed = true;
        _channel.Writer.TryComplete();
    }
}
