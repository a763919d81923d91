namespace Proxy.Cluster.Certificates;

/// <summary>Looks after certificates while the node runs: reads their files again every few seconds, because renewal
/// tools replace them without telling, has OCSP responses fetched, and exchanges ticket keys.</summary>
/// <param name="look">Reads the files; called from one thread at a time.</param>
/// <param name="staple">Asks responders; may take its time, files are read meanwhile.</param>
internal sealed class CertificateWatch(
    TimeProvider time, Func<Task> look, Func<CancellationToken, Task> staple, TicketRotation rotation)
    : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        long rotated = time.GetTimestamp();
        Task stapling = staple(_end.Token);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                await look();
                if (stapling.IsCompleted)
                {
                    await stapling;
                    stapling = staple(_end.Token);
                }

                if (time.GetElapsedTime(rotated) >= rotation.Interval())
                {
                    rotated = time.GetTimestamp();
                    rotation.Rotate();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }

        await stapling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>Exchanging ticket keys.</summary>
/// <param name="Interval">How often, as the running configuration says.</param>
internal sealed record TicketRotation(Func<TimeSpan> Interval, Action Rotate);
