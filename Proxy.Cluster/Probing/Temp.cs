using System.Net;
using Proxy.Actors.Ports;

namespace Proxy.Cluster.Probing;

internal sealed class HttpProber : IProber
{
    public async ValueTask<ProbeResult> ProbeAsync(ProbeRequest request, CancellationToken cancellation)
    {
        try
        {
            using var client = new HttpClient { Timeout = request.Timeout };
            var t = request.Targets[0];
            using HttpResponseMessage answer = await client.GetAsync($"http://{t}{request.Path}", cancellation);
            int status = (int)answer.StatusCode;
            return new ProbeResult(request.Expect.Contains(status), $"{status}", status, TimeSpan.Zero);
        }
        catch (Exception e)
        {
            return new ProbeResult(false, e.Message, 0, TimeSpan.Zero);
        }
    }
}

internal sealed class DnsResolver : INameResolver
{
    public async ValueTask<NameAnswer> ResolveAsync(string host, CancellationToken cancellation) =>
        new(await Dns.GetHostAddressesAsync(host, cancellation), null);
}
