using System.Net.Sockets;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>The HTTP/2 connections to the members.</summary>
internal static class EtcdTransport
{
    public static HttpMessageInvoker Create(EtcdOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = options.Deadline / 2,
            // A member that was cut off keeps its connection for minutes otherwise. Not below 5.5 s, see WatchPatience.
            KeepAlivePingDelay = TimeSpan.FromSeconds(6),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ActivityHeadersPropagator = null,
            ConnectCallback = (context, cancellation) => ConnectAsync(options.Tls, context, cancellation),
        };

        return new HttpMessageInvoker(handler);
    }

    private static async ValueTask<Stream> ConnectAsync(
        EtcdTls tls, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            var plain = new NetworkStream(socket, ownsSocket: true);
            return context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps
                ? await tls.SecureAsync(plain, context.DnsEndPoint.Host, cancellation)
                : plain;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
