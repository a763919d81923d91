using Proxy.Edge.Os.Network;
using Proxy.Edge.Snapshot;

namespace Proxy.Edge.Node;

/// <summary>A listening socket of one loop that may live on in another process.</summary>
/// <param name="Listener">Name of the listener.</param>
/// <param name="Bind">The address as configured, which names the socket although port 0 became another.</param>
/// <param name="Loop">The loop it belongs to.</param>
/// <param name="Descriptor">Open; whoever holds this value closes it.</param>
public sealed record SharedListener(string Listener, string Bind, int Loop, int Descriptor);

/// <summary>The listening sockets another process handed over. Every one of them has a queue of its own, so all are
/// taken, also when the number of loops is another: a queue nobody empties would be lost connections. Only the call
/// that publishes touches it.</summary>
public sealed class InheritedListeners(IEnumerable<SharedListener> sockets)
{
    private readonly List<SharedListener> _sockets = [.. sockets.OrderBy(static socket => socket.Loop)];
    private readonly Dictionary<string, List<SharedListener>> _claimed = new(StringComparer.Ordinal);

    public static InheritedListeners None => new([]);

    /// <summary>The descriptors for one loop of a listener: of the socket queues in their order, every
    /// <paramref name="loops"/>th.</summary>
    /// <param name="others">Whether there are sockets for other loops.</param>
    public IReadOnlyList<int> Take(ListenerPlan plan, int loop, int loops, out bool others)
    {
        if (!_claimed.TryGetValue(plan.Name, out List<SharedListener>? sockets))
        {
            string bind = plan.Bind.ToString();
            sockets = _sockets.FindAll(socket => socket.Bind == bind
                && (socket.Listener == plan.Name || plan.Bind.Port != 0 || plan.Bind.IsUnix));
            _sockets.RemoveAll(sockets.Contains);
            _claimed[plan.Name] = sockets;
        }

        SharedListener[] mine = [.. sockets.Where((_, i) => i % loops == loop)];
        others = sockets.Count > mine.Length;
        return [.. mine.Select(static socket => socket.Descriptor)];
    }

    /// <summary>After the first revision: what no listener wanted is closed, and nothing is handed out any
    /// more.</summary>
    public void CloseRest()
    {
        _sockets.ForEach(static socket => DescriptorPassing.Close(socket.Descriptor));
        _sockets.Clear();
        _claimed.Clear();
    }
}
