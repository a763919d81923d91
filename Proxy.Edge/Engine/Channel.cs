namespace Proxy.Edge.Engine;

/// <summary>A byte stream to one peer, owned by one loop; all members are for that loop's thread only. TLS is a channel
/// on top of a channel, a test's peer is a channel in memory; what speaks HTTP cannot tell the difference.</summary>
public abstract class Channel
{
    /// <summary>Bytes in front of received data that the handler may overwrite, so that a rewritten head fits directly
    /// before the body and both leave in one send. 4 KB: a head rarely grows by more.</summary>
    public const int Headroom = 4096;

    /// <summary>Bytes behind received data that the handler may overwrite: the end of a chunk.</summary>
    public const int Tailroom = 64;

    /// <summary>Who is told of events. Set before the first turn after creation; may be exchanged for another phase of
    /// a connection.</summary>
    public IChannelHandler Handler { get; set; } = null!;

    public bool IsOpen { get; protected set; } = true;

    /// <summary>The peer has ended its direction.</summary>
    public bool IsEnded { get; protected set; }

    /// <summary>Bytes the peer's side has taken since the channel was made, spliced ones included: shows a slow peer
    /// from a stuck one.</summary>
    public virtual long WrittenBytes { get; protected set; }

    /// <summary>The peer's direction ended without the peer having said so: a connection cut off by somebody looks like
    /// this. Only TLS can tell (close_notify); plain TCP never does.</summary>
    public virtual bool IsTruncated => false;

    /// <summary>Bytes accepted by <see cref="Send"/> that the kernel has not taken yet. Back-pressure is: whoever feeds
    /// this channel pauses its own source while this is not 0 and resumes it in OnDrained.</summary>
    public abstract int UnsentBytes { get; }

    /// <summary>Writes at once what the peer takes and keeps a copy of the rest; the buffer is free again on return.
    /// Before the connection stands everything is kept. Errors are not returned: they arrive as OnFailed.</summary>
    public abstract void Send(byte[] buffer, int offset, int count);

    /// <summary>No OnData until <see cref="Resume"/>; at most the call that is running has more.</summary>
    public abstract void Pause();

    public abstract void Resume();

    /// <summary>Moves the next <paramref name="count"/> bytes of this channel to <paramref name="target"/> without
    /// showing them to the handler. Returns false when these two channels cannot do that. Progress arrives in OnSpliced
    /// of this channel's handler.</summary>
    public abstract bool SpliceTo(Channel target, long count);

    /// <summary>Ends our direction (FIN) once everything unsent is written.</summary>
    public abstract void ShutdownSend();

    /// <summary>Closes once everything unsent is written; nothing is received any more.</summary>
    public abstract void CloseAfterFlush();

    /// <summary>Closes now; unsent bytes are dropped.</summary>
    public abstract void Close();

    /// <summary>Closes now with a reset, so that the peer cannot take a cut-off message for a complete one.</summary>
    public abstract void Abort();

    /// <summary>True when the peer has sent something or ended although nothing was asked: a kept connection that must
    /// not be used. Costs a system call, so it is asked only where a lost race cannot be repaired.</summary>
    public abstract bool HasUnreadInput();
}
