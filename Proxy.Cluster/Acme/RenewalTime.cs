using System.Globalization;
using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>When a certificate is ordered anew. Nodes that got theirs together do not come back together: every time
/// has jitter.</summary>
internal static class RenewalTime
{
    /// <summary>A span of a twentieth of the lifetime around the wanted point.</summary>
    public static DateTimeOffset Planned(CertificateLife life, TimeSpan renewBefore, double random)
    {
        TimeSpan lifetime = life.NotAfter - life.NotBefore;
        TimeSpan jitter = lifetime / 20 * (random - 0.5);
        return renewBefore > TimeSpan.Zero && renewBefore < lifetime
            ? life.NotAfter - renewBefore - (jitter.Duration() < renewBefore ? jitter : TimeSpan.Zero)
            : life.NotBefore + (lifetime * 2 / 3) + jitter;
    }

    /// <summary>A point in the window the authority suggests (RFC 9773 §4.2); null when the reply has none. A window
    /// that has passed means now.</summary>
    public static DateTimeOffset? Suggested(AcmeReply reply, double random)
    {
        if (reply.Status != 200
            || (AcmeJson.Parse(reply.Body) as JsonObject)?["suggestedWindow"] is not JsonObject window
            || Time(window.Text("start")) is not { } start
            || Time(window.Text("end")) is not { } end
            || end < start)
        {
            return null;
        }

        return start + ((end - start) * random);
    }

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : null;
}
