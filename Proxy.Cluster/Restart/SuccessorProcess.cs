using System.Diagnostics;

namespace Proxy.Cluster.Restart;

/// <summary>Starts this program anew, with the same arguments and those that make it take over. The program is looked
/// up by the name it was started with, so whatever that name leads to now, a newer version too, is what
/// runs.</summary>
internal static class SuccessorProcess
{
    public const string Argument = "--take-over";

    /// <returns>Null after <paramref name="problem"/> was set.</returns>
    public static Process? Start(out string problem)
    {
        problem = "";
        try
        {
            string[] words = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
            var start = new ProcessStartInfo(words[0]) { UseShellExecute = false };
            foreach (string word in words.Skip(1))
            {
                start.ArgumentList.Add(word);
            }

            if (!words.Contains(Argument))
            {
                start.ArgumentList.Add(Argument);
            }

            if (Process.Start(start) is { } process)
            {
                return process;
            }

            problem = $"{words[0]} did not start";
        }
        catch (Exception error) when (error is IOException or System.ComponentModel.Win32Exception)
        {
            problem = error.Message;
        }

        return null;
    }
}
