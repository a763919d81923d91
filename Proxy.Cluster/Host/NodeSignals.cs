using System.Runtime.InteropServices;
using Proxy.Cluster.Shutdown;

namespace Proxy.Cluster.Host;

/// <summary>What the operating system asks of the node. SIGTERM and SIGINT: drain, then stop; a second SIGINT: stop
/// now. SIGHUP: read the configuration again. SIGUSR1: open the access logs again. SIGUSR2: start the program anew and
/// hand over to it.</summary>
internal sealed class NodeSignals : IDisposable
{
    /// <summary>SIGUSR1 on Linux; PosixSignal has no name for it.</summary>
    private const PosixSignal UserSignal1 = (PosixSignal)10;

    private const PosixSignal UserSignal2 = (PosixSignal)12;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _interrupts;

    public NodeSignals(Action reload, Action reopenLogs, NodeDeparture departure)
    {
        On(PosixSignal.SIGTERM, () => _ = departure.LeaveAsync("SIGTERM"));
        On(PosixSignal.SIGINT, () =>
        {
            _ = departure.LeaveAsync("SIGINT");
            if (Interlocked.Increment(ref _interrupts) > 1)
            {
                departure.Hurry();
            }
        });
        On(PosixSignal.SIGHUP, reload);
        On(UserSignal1, reopenLogs);
        On(UserSignal2, () => _ = departure.UpgradeAsync());
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void On(PosixSignal signal, Action action) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            action();
        }));
}
