using System.Runtime.InteropServices;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The process role "vip-guard": speaks VRRP and holds the virtual addresses for a node. A process of its own,
/// because a collection in the node may stop it for longer than three short adverts, and because it has to outlive the
/// node to give its addresses away.</summary>
internal static class VipGuard
{
    // Above ordinary processes, below the kernel's own watchdogs and interrupt threads.
    private const int RealTimePriority = 20;

    /// <summary>Runs until SIGTERM, SIGINT or the node's order. 0 = stopped as asked, 1 = cannot work here.</summary>
    /// <param name="socket">Path of the local socket on which the node talks to it.</param>
    /// <param name="errors">For what keeps it from working.</param>
    public static int Run(string socket, TextWriter errors)
    {
        // Ctrl-C is for the node, which gives the addresses away in good order.
        ProcessSession.Leave();
        foreach (string missing in GuardPrivileges.Missing(File.ReadAllText("/proc/self/status"), out bool isFatal))
        {
            errors.WriteLine($"vip-guard: {missing}");
            if (isFatal)
            {
                errors.WriteLine("vip-guard: cannot work without that; run it as root or give it the capabilities");
                return 1;
            }
        }

        using KernelNetwork? network = KernelNetwork.Open(out int networkError);
        using AdvertSender? sender = AdvertSender.Open(out int senderError);
        if (network is null || sender is null)
        {
            errors.WriteLine($"vip-guard: the kernel refuses a socket, error {Math.Max(networkError, senderError)}");
            return 1;
        }

        using ControlChannel? control = ControlChannel.Open(socket, out string problem);
        if (control is null)
        {
            errors.WriteLine($"vip-guard: {problem}");
            return 1;
        }

        using var wake = new WakeSignal();
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, wake);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, wake);
        MemoryLock.TryLockAll();
        GuardWarmUp.Run(network, sender);
        int notRealTime = RealTimeScheduling.TryEnter(RealTimePriority);
        RealTimeScheduling.TryTakeAlong(RealTimePriority - 1);
        if (notRealTime != 0)
        {
            errors.WriteLine($"vip-guard: no real-time priority, error {notRealTime}");
        }

        using AdvertStandIn? standIn = AdvertStandIn.Start(RealTimePriority);
        errors.Flush();
        using var loop = new GuardLoop(
            network, sender, standIn, control, wake, new GuardReady(Environment.ProcessId, notRealTime == 0));
        loop.Run();
        return 0;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, WakeSignal wake) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            wake.Set();
        });
}
