using System.Runtime.InteropServices;

namespace Proxy.Cluster.Host;

/// <summary>What the operating system asks of the node. SIGTERM and SIGINT: drain, then stop; a second SIGINT: stop
/// now. SIGHUP: read the configuration again. SIGUSR1: open the access logs again.</summary>
internal sealed class NodeSignals : IDisposable
{
    /// <summary>SIGUSR1 on Linux; PosixSignal has no name for it.</summary>
    private const PosixSignal UserSignal1 = (PosixSignal)10;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _now = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _interrupts;

    public NodeSignals(Action reload, Action reopenLogs)
    {
        On(PosixSignal.SIGTERM, () => _stop.TrySetResult("SIGTERM"));
        On(PosixSignal.SIGINT, () =>
        {
            if (Interlocked.Increment(ref _interrupts) > 1)
            {
                _now.TrySetResult();
            }

            _stop.TrySetResult("SIGINT");
        });
        On(PosixSignal.SIGHUP, reload);
        On(UserSignal1, reopenLogs);
    }

    /// <summary>Completes with the signal's name when the node is to leave.</summary>
    public Task<string> Stop => _stop.Task;

    /// <summary>Completes when there is no more patience.</summary>
    public Task Now => _now.Task;

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
