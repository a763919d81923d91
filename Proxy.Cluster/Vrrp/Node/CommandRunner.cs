using System.ComponentModel;
using System.Diagnostics;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Runs a command of the operator: a program and its arguments, never through a shell.</summary>
internal static class CommandRunner
{
    /// <summary>Null when it ended with code 0 in time, otherwise what went wrong.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="timeout">After which it is ended.</param>
    /// <param name="time">For the time-out.</param>
    /// <param name="input">What it reads.</param>
    public static async ValueTask<string?> RunAsync(
        IEnumerable<string> command, TimeSpan timeout, TimeProvider time, string input = "")
    {
        string[] words = [.. command];
        using var patience = new CancellationTokenSource(timeout, time);
        try
        {
            using Process? process = Process.Start(new ProcessStartInfo(words[0], words[1..])
            {
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            });
            if (process is null)
            {
                return $"{words[0]} could not be started";
            }

            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), patience.Token);
                process.StandardInput.Close();
                await process.WaitForExitAsync(patience.Token);
                return process.ExitCode == 0 ? null : $"{words[0]} ended with code {process.ExitCode}";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return $"{words[0]} took longer than {timeout.TotalMilliseconds:0} ms and was ended";
            }
        }
        catch (IOException)
        {
            return $"{words[0]} does not read its input";
        }
        catch (Win32Exception error)
        {
            return $"{words[0]}: {error.Message}";
        }
    }
}
