namespace Proxy.Cluster.Certificates;

/// <summary>Looks after certificates while the node runs: reads their files again every few seconds, because renewal
/// tools replace them without telling, and exchanges ticket keys.</summary>
/// <param name="look">Reads the files; called from one thread at a time.</param>
internal sealed class CertificateWatch(TimeProvider time, Func<Task> look, Action rotate) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A ticket is good for at most three of them, see TlsTicketKeys.Rotate.</summary>
    private static readonly TimeSpan TicketKeyAge = TimeSpan.FromHours(12);

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
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                await look();
                if (time.GetElapsedTime(rotated) >= TicketKeyAge)
                {
                    rotated = time.GetTimestamp();
                    rotate();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
    }
}
