using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Management;

/// <summary>The cluster's events as server-sent events: first the present state as if it had just happened, then
/// whatever happens.</summary>
internal sealed class ClusterEventStream(MembershipBoard board, TimeProvider time)
{
    /// <summary>So that proxies and clients see that the stream lives.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>Events a slow client may be behind; with one more its stream ends, and it may come again.</summary>
    public const int Buffer = 128;

    private static readonly byte[] HeartbeatBytes = "data:\n\n"u8.ToArray();

    public async Task RunAsync(HttpContext context)
    {
        string[] types = [.. context.Request.Query["type"].Where(static type => type is { Length: > 0 })!];
        var events = Channel.CreateBounded<MemberEvent>(Buffer);
        bool first = true;
        using IDisposable subscription = board.Subscribe(change =>
        {
            IReadOnlyList<MemberEvent> happened = first
                ? MemberEvent.Between(new MembershipView { Cluster = "", Self = change.View.Self }, change.View)
                : change.Events;
            first = false;
            foreach (MemberEvent one in happened.Where(one =>
                types.Length == 0 || types.Any(type => ClusterEventJson.Is(one, type))))
            {
                if (!events.Writer.TryWrite(one))
                {
                    events.Writer.TryComplete();
                }
            }
        });

        CancellationToken stopping = context.RequestServices
            .GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "text/event-stream";
        try
        {
            await context.Response.Body.FlushAsync(ended.Token);
            while (await WaitAsync(events.Reader, context.Response.Body, ended.Token))
            {
                while (events.Reader.TryRead(out MemberEvent? one))
                {
                    await context.Response.Body.WriteAsync(Frame(one), ended.Token);
                }

                await context.Response.Body.FlushAsync(ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or the server goes.
        }
    }

    private static byte[] Frame(MemberEvent happened) =>
    [
        .. "data:"u8, .. ClusterEventJson.Write(happened), .. Encoding.UTF8.GetBytes($"\nevent:{happened.Name}\n\n"),
    ];

    /// <summary>False when the stream has ended.</summary>
    private async Task<bool> WaitAsync(ChannelReader<MemberEvent> events, Stream body, CancellationToken cancellation)
    {
        Task<bool> more = events.WaitToReadAsync(cancellation).AsTask();
        while (true)
        {
            try
            {
                return await more.WaitAsync(Heartbeat, time, cancellation);
            }
            catch (TimeoutException)
            {
                await body.WriteAsync(HeartbeatBytes, cancellation);
                await body.FlushAsync(cancellation);
            }
        }
    }
}
