using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Proxy.Edge.Os.Network;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>The node's management over HTTP, on a Kestrel of its own. It prints nothing, handles no signals, and the
/// data path never waits for it.</summary>
internal sealed class ManagementServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    // Who may connect may read, so others than owner and group may not.
    private const UnixFileMode SocketRights =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly WebApplication _application;
    private readonly Socket? _listening;

    private ManagementServer(WebApplication application, SocketTarget bound, Socket? listening)
    {
        _application = application;
        _listening = listening;
        Bound = bound;
    }

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public SocketTarget Bound { get; }

    /// <summary>The listening socket for another process, which whoever asks closes; negative when it cannot be
    /// shared.</summary>
    public int Share()
    {
        // The file of a local socket goes with the socket that made it.
        if (_listening is null || Bound.IsUnix)
        {
            return -1;
        }

        DescriptorPassing.MarkShared((int)_listening.Handle);
        return DescriptorPassing.Duplicate((int)_listening.Handle);
    }

    /// <summary>Starts listening. Throws IOException when the address cannot be bound.</summary>
    public static async Task<ManagementServer> StartAsync(
        ManagementOptions options, INodeStatus node, CancellationToken cancellation = default)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Socket? listening = null;
        builder.WebHost.UseKestrelCore()
            .UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint => listening = Bind(endpoint, options))
            .ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);

        // The default one takes SIGTERM and SIGINT, which belong to the node.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SilentLifetime>());

        WebApplication application = builder.Build();
        var guard = new RequestGuard(options);
        application.Use(next => context => AnswerErrorsAsync(context, next));
        application.Use(next => context => guard.InvokeAsync(context, next));
        application.UseRouting();
        new ManagementEndpoints(node, options.Time, options.More.SelectMany(static more => more.Paths))
            .Map(application);
        foreach (IManagementEndpoints more in options.More)
        {
            more.Map(application);
        }

        try
        {
            if (options.Bind.UnixPath is string path)
            {
                RemoveStaleSocket(path);
            }

            await application.StartAsync(cancellation);
            return new ManagementServer(application, BoundTo(application, options.Bind), listening);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>What keeps the address from being listened on; null when nothing does.</summary>
    public static string? Obstacle(SocketTarget bind)
    {
        if (bind.IsUnix)
        {
            return null;
        }

        try
        {
            // Not null: a target is either a path or an address.
            using Socket probe = SocketTransportOptions.CreateDefaultBoundListenSocket(
                new IPEndPoint(bind.Ip!, bind.Port));
            return null;
        }
        catch (SocketException error)
        {
            return $"cannot listen on {bind}: {error.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static Socket Bind(EndPoint endpoint, ManagementOptions options) =>
        options.Inherited is int descriptor
            ? new Socket(new SafeSocketHandle(descriptor, ownsHandle: true))
            : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    private static void Configure(KestrelServerOptions kestrel, ManagementOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        kestrel.Limits.MaxConcurrentConnections = 256;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        if (options.Bind.UnixPath is string path)
        {
            kestrel.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            // Not null: a target is either a path or an address.
            kestrel.Listen(options.Bind.Ip!, options.Bind.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.Tls is { } tls)
                {
                    listen.UseHttps(tls.Options());
                }
            });
        }
    }

    // Runs outside everything else: what nobody answered, and what failed.
    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await JsonAnswers.ErrorAsync(context, 500, $"{e.GetType().Name}: {e.Message}");
            return;
        }

        if (context.Response.HasStarted)
        {
            return;
        }

        if (context.Response.StatusCode == 404)
        {
            await JsonAnswers.ErrorAsync(context, 404, "no such path; GET / lists them");
        }
        else if (context.Response.StatusCode == 405)
        {
            await JsonAnswers.ErrorAsync(context, 405, $"this path takes {context.Response.Headers.Allow} only");
        }
    }

    private static SocketTarget BoundTo(WebApplication application, SocketTarget wanted)
    {
        if (wanted.UnixPath is string path)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, SocketRights);
            }

            return wanted;
        }

        IServer server = application.Services.GetRequiredService<IServer>();
        IServerAddressesFeature? addresses = server.Features.Get<IServerAddressesFeature>();
        int port = BindingAddress.Parse(addresses!.Addresses.First()).Port; // not null: Kestrel has the feature
        return SocketTarget.Inet(wanted.Ip ?? IPAddress.Loopback, port);
    }

    // A process that was killed leaves its socket file behind, and binding to it would fail. One that still answers
    // stays.
    private static void RemoveStaleSocket(string path)
    {
        if (!File.Exists(path) || CanBeOpened(path))
        {
            return; // a plain file is somebody's data; binding will fail and say so
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    // A socket cannot be opened as a file.
    private static bool CanBeOpened(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
