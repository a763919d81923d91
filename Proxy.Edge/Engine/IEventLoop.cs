using Proxy.Edge.Buffers;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Engine;

/// <summary>Takes new connections. Called on the loop's thread.</summary>
public interface IAcceptor
{
    /// <summary>False makes the loop leave further connections in the kernel's queue for a moment.</summary>
    bool MayAccept { get; }

    /// <summary>Must set the channel's handler, or close it.</summary>
    void OnAccepted(Channel channel, ClientAddress address, int port);
}

/// <summary>An open listening socket.</summary>
public interface IListening
{
    /// <summary>Where it is bound; the port is the real one when 0 was asked for.</summary>
    SocketTarget Bound { get; }

    /// <summary>Begins to accept from an inherited socket; others have begun.</summary>
    void Begin();

    /// <summary>Another descriptor of the same socket, for another process; negative when there is none.</summary>
    int Duplicate();

    /// <summary>Takes what is already in the kernel's queue, then closes. A socket shared with another process stays
    /// open there.</summary>
    void Close();
}

/// <summary>Work handed to a loop by another thread.</summary>
public interface ILoopTask
{
    void Run();
}

/// <summary>Port of the event loop. One thread runs it; except for <see cref="Post"/> everything is for that thread
/// only.</summary>
public interface IEventLoop
{
    /// <summary>0-based number of the loop.</summary>
    int Index { get; }

    /// <summary>Monotonic time of this turn in microseconds. Read once per turn: work of one turn happens "at
    /// once".</summary>
    long Now { get; }

    /// <summary>Wall-clock time of this turn, microseconds since 1970.</summary>
    long UnixMicroseconds { get; }

    BufferPool Buffers { get; }

    TimerWheel Timers { get; }

    /// <summary>Opens a listening socket of this loop's own (SO_REUSEPORT).</summary>
    /// <param name="join">Other loops of this node listen there already; otherwise nobody may.</param>
    /// <exception cref="IOException">The address cannot be bound; the message says why.</exception>
    IListening Listen(SocketTarget bind, int backlog, IAcceptor acceptor, bool join);

    /// <summary>Takes a listening socket that another process opened; the loop owns the descriptor from now on. It
    /// accepts nothing before <see cref="IListening.Begin"/>: should this process give up before, whatever it had
    /// accepted would be lost.</summary>
    IListening Inherit(int descriptor, SocketTarget bind, int backlog, IAcceptor acceptor);

    /// <summary>Starts a connection. Failure is reported through the handler, never from inside this call.</summary>
    Channel Connect(SocketTarget target, IChannelHandler handler);

    /// <summary>Runs a task on the loop's thread in its next turn. May be called from any thread.</summary>
    void Post(ILoopTask task);

    /// <summary>Has <paramref name="collector"/> called at the end of this turn, after all events; when called from
    /// there, once more in the same turn's end. The caller sees to it that it asks once only.</summary>
    void AtTurnEnd(ITurnEnd collector);
}
