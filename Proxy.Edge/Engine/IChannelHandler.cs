namespace Proxy.Edge.Engine;

/// <summary>Why a channel broke.</summary>
public enum ChannelError : byte
{
    ConnectRefused,
    ConnectTimeout,
    ConnectFailed,
    Reset,

    /// <summary>The TLS handshake failed: no common version, suite or protocol, an alert, or garbage.</summary>
    TlsFailed,

    /// <summary>The peer's certificate was not accepted.</summary>
    CertificateRejected,

    /// <summary>A bug: the handler threw. The channel is closed, the loop goes on.</summary>
    HandlerFailed,
}

/// <summary>Receives what happens on a channel. All calls come on the loop's thread, one at a time. After the handler
/// has closed its channel, or <see cref="OnFailed"/> was called, no call comes any more.</summary>
public interface IChannelHandler
{
    /// <summary>A connection that the loop was asked to make stands.</summary>
    void OnConnected();

    /// <summary>Bytes have arrived at buffer[offset .. offset+count). The buffer is the loop's and valid only during
    /// the call, but the handler may overwrite it: the data, <see cref="Channel.Headroom"/> bytes before it and
    /// <see cref="Channel.Tailroom"/> behind it.</summary>
    void OnData(byte[] buffer, int offset, int count);

    /// <summary>The peer has ended its direction (FIN). Sending may still work.</summary>
    void OnEnd();

    /// <summary>Everything that <see cref="Channel.Send"/> had to keep has been written. After
    /// <see cref="Channel.CloseAfterFlush"/> this is the last call, and the channel is closed.</summary>
    void OnDrained();

    /// <summary>Some bytes were moved by <see cref="Channel.SpliceTo"/>; <paramref name="done"/> when it was the last
    /// of them.</summary>
    void OnSpliced(long count, bool done);

    /// <summary>The connection broke or could not be made. The channel is closed already.</summary>
    void OnFailed(ChannelError error);
}
