namespace Proxy.Tests.Kit;

/// <summary>The real keepalived in a host of the lab.</summary>
internal sealed class Keepalived : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private Keepalived(NetworkLab lab, int host, string instance)
    {
        string file = _folder.Write("keepalived.conf", $$"""
            global_defs {
              router_id test
            }
            vrrp_instance V {
              interface eth0
              {{instance}}
            }

            """);
        Child = lab.Start(
            host, _folder.Path, "keepalived", "--dont-fork", "--log-console", "--log-detail", "--vrrp", "-f", file,
            "-p", Path.Combine(_folder.Path, "main.pid"), "-r", Path.Combine(_folder.Path, "vrrp.pid"));
    }

    public ChildProcess Child { get; }

    /// <param name="lab">Where.</param>
    /// <param name="host">Number of the host.</param>
    /// <param name="instance">Lines of the vrrp_instance block, apart from the interface.</param>
    public static Keepalived Start(NetworkLab lab, int host, string instance) => new(lab, host, instance);

    public string Log() => $"keepalived:\n{Child.Output}";

    /// <summary>Ends it in good order: it resigns.</summary>
    public async Task StopAsync()
    {
        await Child.SignalAsync("TERM");
        await Child.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        if (!Child.HasEnded)
        {
            // Killed, it would leave its own child behind.
            await Child.SignalAsync("TERM");
            await Child.WaitAsync(TimeSpan.FromSeconds(10));
        }

        await Child.DisposeAsync();
        _folder.Dispose();
    }
}
