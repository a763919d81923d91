using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;

namespace Proxy.Edge.Downstream;

/// <summary>What an origin is told about a client's certificate (RFC 9440): DER in base64 between colons.</summary>
internal static class ClientCertLines
{
    /// <summary>Complete field lines; empty when there is no certificate or nothing is to be told.</summary>
    public static byte[] Of(TlsChannel? channel, ListenerTlsPlan? plan)
    {
        if (channel is null || plan is null || !channel.AsksForCertificate)
        {
            return [];
        }

        IReadOnlyList<byte[]> chain = channel.PeerCertificates;
        string lines = "";
        if (chain.Count > 0 && plan.ClientCertField.Length > 0)
        {
            lines += $"{plan.ClientCertField}: {Item(chain[0])}\r\n";
        }

        if (chain.Count > 1 && plan.ClientCertChainField.Length > 0)
        {
            lines += $"{plan.ClientCertChainField}: {string.Join(", ", chain.Skip(1).Select(Item))}\r\n";
        }

        return System.Text.Encoding.ASCII.GetBytes(lines);
    }

    private static string Item(byte[] der) => $":{Convert.ToBase64String(der)}:";
}
