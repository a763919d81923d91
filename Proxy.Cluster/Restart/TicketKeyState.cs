using Proxy.Edge.Tls;

namespace Proxy.Cluster.Restart;

/// <summary>The keys of session tickets: clients resume their sessions with the next process.</summary>
internal sealed class TicketKeyState(TlsTicketKeys keys) : IHandoverState
{
    public string Name => "ticket-keys";

    public byte[] Export() => keys.Export();

    public bool TryImport(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes.Length % TlsTicketKeys.KeyBytes != 0)
        {
            return false;
        }

        keys.Import(bytes);
        return true;
    }
}
