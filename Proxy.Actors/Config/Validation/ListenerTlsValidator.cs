using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;

namespace Proxy.Actors.Config.Validation;

/// <summary>TLS and protocols of a listener: what fits together. Whether files are there and good is found out when
/// they are read.</summary>
internal static class ListenerTlsValidator
{
    public static void Check(ListenerConfig listener, string path, ProblemList problems)
    {
        bool http2 = listener.Protocols.Contains(ClientProtocols.Http2);
        bool cleartext = listener.Protocols.Contains(ClientProtocols.Http2Cleartext);
        if (listener.Tls is null)
        {
            if (http2)
            {
                problems.Error(
                    $"{path}.protocols", "h2 is agreed on in a TLS handshake", "h2c here, or a tls block beside it");
            }

            return;
        }

        if (cleartext)
        {
            problems.Error($"{path}.protocols", "h2c is HTTP/2 without TLS", "h2 on a listener with a tls block");
        }

        CheckTls(listener.Tls, $"{path}.tls", problems);
    }

    private static void CheckTls(ListenerTlsConfig tls, string path, ProblemList problems)
    {
        if (tls.Certificates.Count == 0 && tls.Acme.Count == 0)
        {
            problems.Error(
                $"{path}.certificates",
                "there is no certificate",
                "[ { certificate = \"site.pem\", key = \"site.key\" } ]");
        }

        if (tls.MinVersion > tls.MaxVersion)
        {
            problems.Error($"{path}.min-version", "above max-version", "at most max-version");
        }

        if (tls.Groups.Count == 0)
        {
            problems.Error($"{path}.groups", "there is no group", "[X25519, P-256]");
        }

        CheckField(tls.ClientCertField, $"{path}.client-cert-field", problems);
        CheckField(tls.ClientCertChainField, $"{path}.client-cert-chain-field", problems);
        CheckClientAuth(tls.ClientAuth, $"{path}.client-auth", problems);
        Keys.Unique(tls.Hosts, h => h.Name, i => $"{path}.hosts[{i}].name", "the host", problems);
        for (int i = 0; i < tls.Hosts.Count; i++)
        {
            CheckClientAuth(tls.Hosts[i].ClientAuth, $"{path}.hosts[{i}].client-auth", problems);
        }
    }

    private static void CheckField(string name, string path, ProblemList problems)
    {
        if (name.Length > 0 && !FieldText.IsToken(name))
        {
            problems.Error(path, "not a field name", "letters, digits and -");
        }
    }

    private static void CheckClientAuth(ClientAuthConfig auth, string path, ProblemList problems)
    {
        if (auth.Mode != ClientAuthentication.None && auth.Ca.Length == 0)
        {
            problems.Error($"{path}.ca", "client certificates are judged by an authority", "a PEM file");
        }

        if (auth.Mode == ClientAuthentication.None && auth.Ca.Length > 0)
        {
            problems.Warn($"{path}.mode", "no client certificate is asked for, so ca has no effect");
        }
    }
}
