using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Proxy.Cluster.Demo;

/// <summary>Small origins for trying the proxy out: each says who it is and what it was sent.</summary>
public static class DemoBackends
{
    /// <summary>Serves until cancelled. One origin per address, port 0 = any free one, named by
    /// <paramref name="name"/> and a number; writes a line with the address of each to <paramref name="output"/> once
    /// it can be reached. Throws <see cref="IOException"/> for a taken port.</summary>
    public static async Task RunAsync(
        IReadOnlyList<IPEndPoint> addresses,
        string name,
        TextWriter output,
        CancellationToken cancellation,
        TimeProvider? time = null)
    {
        var origins = new List<WebApplication>();
        try
        {
            foreach (IPEndPoint address in addresses)
            {
                string each = $"{name}-{origins.Count + 1}";
                var origin = Build(each, address, time ?? TimeProvider.System);
                origins.Add(origin);
                await origin.StartAsync(cancellation);
                await output.WriteLineAsync($"demo {each} http://{new IPEndPoint(address.Address, PortOf(origin))}/");
            }

            await output.FlushAsync(cancellation);
            // Each origin also hears the signals that end a process.
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var cancelled = cancellation.Register(() => ended.TrySetResult());
            foreach (var origin in origins)
            {
                origin.Lifetime.ApplicationStopping.Register(() => ended.TrySetResult());
            }

            await ended.Task;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancelled while starting.
        }
        finally
        {
            foreach (var origin in origins)
            {
                using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                await origin.StopAsync(hurry.Token);
                await origin.DisposeAsync();
            }
        }
    }

    private static WebApplication Build(string name, IPEndPoint address, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var origin = builder.Build();
        origin.UseWebSockets();
        new DemoPages(name, time).Map(origin);
        return origin;
    }

    private static int PortOf(WebApplication origin)
    {
        var addresses = origin.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()
            ?? throw new InvalidOperationException("The server has no addresses although it was started.");
        return new Uri(addresses.Addresses.First()).Port;
    }
}
