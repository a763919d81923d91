using System.Diagnostics;
using System.Net.Sockets;
using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Finds the guard that an earlier node left, or starts one. It is not ended with this process: it has to
/// outlive it.</summary>
internal sealed class GuardLauncher(TimeProvider time)
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>A session with a guard, or IOException with what an operator can do something about.</summary>
    /// <param name="socket">Absolute path.</param>
    public async ValueTask<VipGuardClient> ConnectAsync(string socket, CancellationToken cancellation)
    {
        if (await TryConnectAsync(socket, cancellation) is { } there)
        {
            return there;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(socket)!); // an absolute path of a file has a folder
        using Process guard = Start(socket);
        long begin = time.GetTimestamp();
        while (time.GetElapsedTime(begin) < StartTime)
        {
            if (await TryConnectAsync(socket, cancellation) is { } client)
            {
                return client;
            }

            if (guard.HasExited)
            {
                throw new IOException($"the guard ended with code {guard.ExitCode}; what it wrote says why");
            }

            await Task.Delay(Step, time, cancellation);
        }

        throw new IOException($"the guard does not listen on {socket}");
    }

    private static async ValueTask<VipGuardClient?> TryConnectAsync(string socket, CancellationToken cancellation)
    {
        try
        {
            return await VipGuardClient.ConnectAsync(socket, cancellation);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static Process Start(string socket)
    {
        string program = Environment.ProcessPath!; // known for every process that was started from a file
        var info = new ProcessStartInfo(program) { WorkingDirectory = "/" };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            info.ArgumentList.Add(Path.GetFullPath(Environment.GetCommandLineArgs()[0]));
        }

        info.ArgumentList.Add("vip-guard");
        info.ArgumentList.Add("--socket");
        info.ArgumentList.Add(socket);

        // One thread works and nothing is allocated: a small heap, and no threads that collect beside it.
        info.Environment["DOTNET_gcServer"] = "0";
        info.Environment["DOTNET_gcConcurrent"] = "0";
        info.Environment["DOTNET_GCHeapHardLimit"] = "4000000";

        // Methods are compiled once, at their first use. Otherwise a thread of ordinary priority, which a busy machine
        // keeps waiting, stops all others while it exchanges code, the loop with its real-time priority included.
        info.Environment["DOTNET_TieredCompilation"] = "0";
        return Process.Start(info)!; // null only when a document is opened
    }
}
