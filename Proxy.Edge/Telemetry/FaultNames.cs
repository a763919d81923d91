using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Telemetry;

/// <summary>The one spelling of a <see cref="ProxyFault"/> in logs and metrics: "connect-refused".</summary>
public static class FaultNames
{
    private static readonly string[] Names = Build();
    private static readonly byte[][] Bytes = Array.ConvertAll(Names, Encoding.ASCII.GetBytes);

    /// <summary>Number of faults, <see cref="ProxyFault.None"/> included; they are numbered from 0 without
    /// gaps.</summary>
    public static int Count => Names.Length;

    public static string Name(this ProxyFault fault) => Names[(int)fault];

    public static ReadOnlySpan<byte> NameBytes(this ProxyFault fault) => Bytes[(int)fault];

    private static string[] Build()
    {
        ProxyFault[] faults = Enum.GetValues<ProxyFault>();
        string[] names = new string[faults.Length];
        foreach (ProxyFault fault in faults)
        {
            var text = new StringBuilder();
            foreach (char letter in fault.ToString())
            {
                if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                {
                    text.Append('-');
                }

                text.Append(char.ToLowerInvariant(letter));
            }

            names[(int)fault] = text.ToString();
        }

        return names;
    }
}
