using System.Net;
using System.Net.Sockets;
using Proxy.Actors.Ports;

namespace Proxy.Cluster.Probing;

/// <summary>Looks names up with the operating system's resolver, so that /etc/hosts and nsswitch.conf hold. It blocks a thread of the
/// pool per lookup, which is why lookups are rare. Thread-safe.</summary>
public sealed class DnsResolver(TimeProvider time) : INameResolver
{
    // The system's own limit is commonly 10 s (two attempts of 5); this is only the net below it.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    public async ValueTask<NameAnswer> ResolveAsync(string host, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, either.Token);
            return addresses.Length > 0
                ? new NameAnswer([.. addresses.Distinct()], null)
                : NameAnswer.Failed("the name has no addresses");
        }
        catch (SocketException error)
        {
            return NameAnswer.Failed(error.SocketErrorCode switch
            {
                SocketError.HostNotFound => "no such host",
                SocketError.NoData => "the name has no addresses",
                SocketError.TryAgain => "the name servers did not answer",
                _ => $"lookup failed: {error.SocketErrorCode}",
            });
        }
        catch (ArgumentException error)
        {
            return NameAnswer.Failed(error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return NameAnswer.Failed("the name servers did not answer");
        }
    }
}
