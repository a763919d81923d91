using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Probing;

/// <summary>Checks members with real requests, each on a connection of its own: a check over a kept connection would
/// not notice that nobody can connect any more. Method TCP only connects. Thread-safe.</summary>
public sealed class HttpProber : IProber, IDisposable
{
    private static readonly HttpRequestOptionsKey<ProbeRequest> Probe = new("probe");

    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly Func<string, (TlsClientPolicy Policy, string ServerName)?> _rules;

    /// <param name="rules">Rules of trust of a pool, and the name its members are known by when it is not their
    /// own.</param>
    public HttpProber(TimeProvider time, Func<string, (TlsClientPolicy Policy, string ServerName)?>? rules = null)
    {
        _time = time;
        _rules = rules ?? (static _ => null);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // Zero = no connection is kept.
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 64,

            // The body is of no interest: close instead of reading it.
            MaxResponseDrainSize = 0,
        });
    }

    public void Dispose() => _http.Dispose();

    public async ValueTask<ProbeResult> ProbeAsync(ProbeRequest request, CancellationToken cancellation)
    {
        long start = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(request.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            int status = request.Method == "TCP"
                ? await ConnectOnlyAsync(request, either.Token)
                : request.Method == "GRPC" ? await GrpcHealth.AskAsync(_http, Message(request), request.Path, either.Token)
                : await SendAsync(request, either.Token);
            bool passed = status == 0 || request.Expect.Contains(status);
            string reason = status == 0 ? request.Method == "GRPC" ? "serving" : "connected"
                : string.Create(CultureInfo.InvariantCulture, $"status {status}");
            return new ProbeResult(passed, reason, status, _time.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            string reason = string.Create(
                CultureInfo.InvariantCulture, $"timeout after {request.Timeout.TotalSeconds:0.###} s");
            return new ProbeResult(false, reason, 0, _time.GetElapsedTime(start));
        }
        catch (GrpcHealthException refused)
        {
            return new ProbeResult(false, refused.Message, 0, _time.GetElapsedTime(start));
        }
        catch (Exception error) when (Describe(error, request.Targets[^1].IsUnix) is { } reason)
        {
            return new ProbeResult(false, reason, 0, _time.GetElapsedTime(start));
        }
    }

    private async ValueTask<int> ConnectOnlyAsync(ProbeRequest request, CancellationToken cancellation)
    {
        using Socket socket = await ConnectAsync(request, cancellation);
        return 0;
    }

    private async ValueTask<int> SendAsync(ProbeRequest request, CancellationToken cancellation)
    {
        using HttpRequestMessage message = Message(request);
        using HttpResponseMessage response = await _http.SendAsync(message, cancellation);
        return (int)response.StatusCode;
    }

    private static HttpRequestMessage Message(ProbeRequest request)
    {
        // The path goes out as configured; the host of this URL is never looked up.
        var asWritten = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var message = new HttpRequestMessage(
            new HttpMethod(request.Method), new Uri("http://member" + request.Path, asWritten))
        {
            Version = request.Protocol == OriginProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Options.Set(Probe, request);
        message.Headers.Host = request.Host;
        if (message.Version == HttpVersion.Version11)
        {
            message.Headers.ConnectionClose = true;
        }

        message.Headers.TryAddWithoutValidation("User-Agent", "proxy-health-check");
        foreach (NamedText header in request.Headers)
        {
            message.Headers.Remove(header.Name);
            message.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        return message;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        context.InitialRequestMessage.Options.TryGetValue(Probe, out ProbeRequest? request);
        var plain = new NetworkStream(await ConnectAsync(request!, cancellation), ownsSocket: true);
        return request!.Tls is { } tls && _rules(tls.Pool) is { } rules
            ? await TlsProbe.AuthenticateAsync(plain, rules.Policy, Name(rules.ServerName, tls.Name), request.Protocol, cancellation)
            : plain;

        static string Name(string pinned, string own) => pinned.Length > 0 ? pinned : own;
    }

    private ValueTask<Socket> ConnectAsync(ProbeRequest request, CancellationToken cancellation) =>
        TargetConnector.ConnectAsync(request.Targets, request.Timeout / request.Targets.Count, _time, cancellation);

    /// <summary>What the failure says about the member; null when it is this process's own trouble.</summary>
    private static string? Describe(Exception error, bool unix) => error switch
    {
        // ENOENT and "no free local port" share a code.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => unix ? "no such socket" : null,
        SocketException socket when TargetConnector.IsOwnTrouble(socket.SocketErrorCode) => null,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.HostUnreachable } => "no route to host",
        SocketException { SocketErrorCode: SocketError.NetworkUnreachable } => "network unreachable",
        SocketException { SocketErrorCode: SocketError.TimedOut } => "connecting timed out",
        SocketException { SocketErrorCode: SocketError.ConnectionReset } => "connection reset",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => "permission denied",
        SocketException socket => $"connection failed: {socket.SocketErrorCode}",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "closed without an answer",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "malformed response",
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            "response head too large",
        HttpRequestException { InnerException: { } inner } => Describe(inner, unix),
        HttpRequestException http => http.HttpRequestError.ToString(),
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "closed without an answer",
        AuthenticationException => "TLS handshake failed, or the certificate was not accepted",
        IOException { InnerException: SocketException inner } => Describe(inner, unix),
        IOException => "connection broke",
        _ => null,
    };
}
