namespace Proxy.Edge.Tls;

/// <summary>Matching of host names as certificates give them (RFC 9525 §6.3): exact, or a wildcard for the whole first
/// label. Both sides in lower case.</summary>
public static class TlsNames
{
    public static bool Covers(string pattern, string host)
    {
        if (pattern == host)
        {
            return true;
        }

        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return pattern.StartsWith("*.", StringComparison.Ordinal) && dot > 0
            && host.AsSpan(dot).SequenceEqual(pattern.AsSpan(1));
    }
}
