using Proxy.Edge.Downstream.Http2;
using Proxy.Edge.Engine;
using Proxy.Edge.Relay;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>Client connections of one listener over all loops. One interlocked operation per connection, none per
/// request.</summary>
public sealed class ConnectionBudget
{
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public bool TryTake(int limit)
    {
        if (Interlocked.Increment(ref _open) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _open);
}

/// <summary>A listener of one loop: accepts, knows its connections, and holds the program they follow. It outlives
/// revisions as long as name and address stay. Loop thread only.</summary>
public sealed class ListenerSlot : IAcceptor
{
    private readonly LoopServices _services;
    private readonly ConnectionBudget _budget;
    private readonly ListenerCounters _counters;
    private ClientConnection? _newest;

    /// <summary>One, or several when the process before this one had more loops.</summary>
    private readonly List<IListening> _listening = [];
    private SocketTarget? _later;

    public ListenerSlot(LoopServices services, ListenerProgram program, ConnectionBudget budget)
    {
        _services = services;
        _budget = budget;
        _counters = program.Metrics.Listener(program.Index);
        Program = program;
    }

    /// <summary>What new requests are handled by.</summary>
    public ListenerProgram Program { get; set; }

    /// <summary>Port the listener is bound to; 0 for a Unix socket.</summary>
    public int Port => Bound?.Port ?? 0;

    public SocketTarget? Bound => _listening.Count > 0 ? _listening[0].Bound : _later;

    /// <summary>Connections of this loop.</summary>
    public int Count { get; private set; }

    public bool MayAccept => _budget.Open < Program.Plan.MaxConnections
        && (Program.Plan.Tls is null || _services.Handshakes < Program.Plan.Tls.MaxHandshakes);

    public void Open(SocketTarget bind, bool join) =>
        _listening.Add(_services.Loop.Listen(bind, Program.Plan.Backlog, this, join));

    /// <summary>Opens a socket when <see cref="BeginAccepting"/> is called: the kernel sends it connections from the
    /// moment it is open.</summary>
    public void OpenLater(SocketTarget bind) => _later = bind;

    /// <summary>Listens on inherited sockets, and on those put off.</summary>
    /// <exception cref="IOException">One that was put off cannot be opened.</exception>
    public void BeginAccepting()
    {
        _listening.ForEach(static listening => listening.Begin());
        if (_later is { } bind)
        {
            _later = null;
            Open(bind, join: true);
        }
    }

    /// <summary>Has a socket of the process before this one, for <see cref="BeginAccepting"/>.</summary>
    public void Inherit(SocketTarget bind, int descriptor) =>
        _listening.Add(_services.Loop.Inherit(descriptor, bind, Program.Plan.Backlog, this));

    /// <summary>Descriptors of the listening sockets for another process.</summary>
    public IEnumerable<int> Duplicate() =>
        _listening.Select(static listening => listening.Duplicate()).Where(static descriptor => descriptor >= 0);

    public void StopListening()
    {
        _listening.ForEach(static listening => listening.Close());
        _listening.Clear();
        _later = null;
    }

    public void OnAccepted(Channel channel, ClientAddress address, int port)
    {
        if (!_budget.TryTake(Program.Plan.MaxConnections))
        {
            _counters.ConnectionsRefused++;
            _services.Telemetry.Counters.ConnectionsRefused++;
            channel.Close();
            return;
        }

        Count++;
        _counters.ConnectionsAccepted++;
        _counters.ConnectionsOpen++;
        _services.Telemetry.Counters.ConnectionsAccepted++;
        _services.Telemetry.Counters.ConnectionsOpen++;
        long serial = _services.NextSerial();
        ListenerPlan plan = Program.Plan;
        Add(plan.Tls is { } tls ? new TlsHandshake(_services, this, channel, tls, address, port, serial)
            : (plan.Protocols & ClientProtocols.Http2Cleartext) != 0
            ? new PrefaceSniffer(_services, this, channel, address, port, serial)
            : new Http1Client(_services, this, channel, address, port, serial));
    }

    /// <summary>Asks every client to go elsewhere.</summary>
    public void BeginDrain()
    {
        for (ClientConnection? client = _newest; client is not null;)
        {
            ClientConnection? older = client.Older;
            client.BeginDrain();
            client = older;
        }
    }

    /// <summary>Closes connections that have waited for a request since before <paramref name="since"/>
    /// (microseconds).</summary>
    public void CloseIdle(long since)
    {
        ClientConnection? client = _newest;
        while (client is not null)
        {
            ClientConnection? older = client.Older;
            if (client.IdleSince is > 0 and long idle && idle <= since)
            {
                client.CloseAfterFlush();
            }

            client = older;
        }
    }

    /// <summary>Closes everything now.</summary>
    public void CloseAll()
    {
        while (_newest is { } client)
        {
            client.CloseNow();
        }
    }

    /// <summary>The successor takes the place of a connection whose protocol is known now.</summary>
    internal void Replace(ClientConnection client, ClientConnection successor)
    {
        Unlink(client);
        Add(successor);
    }

    internal void OnClosed(ClientConnection client)
    {
        Unlink(client);
        Count--;
        _budget.Return();
        _counters.ConnectionsOpen--;
        _services.Telemetry.Counters.ConnectionsOpen--;
    }

    private void Add(ClientConnection client)
    {
        client.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = client;
        }

        _newest = client;
    }

    private void Unlink(ClientConnection client)
    {
        if (client.Newer is not null)
        {
            client.Newer.Older = client.Older;
        }
        else
        {
            _newest = client.Older;
        }

        if (client.Older is not null)
        {
            client.Older.Newer = client.Newer;
        }

        client.Newer = client.Older = null;
    }
}
