using Proxy.Edge.Engine;

namespace Proxy.Edge.Tls;

/// <summary>Stands in until the channel on top exists; a loop reports nothing from inside Connect.</summary>
internal sealed class Unconnected : IChannelHandler
{
    public void OnConnected()
    {
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
    }

    public void OnEnd()
    {
    }

    public void OnDrained()
    {
    }

    public void OnSpliced(long count, bool done)
    {
    }

    public void OnFailed(ChannelError error)
    {
    }
}
