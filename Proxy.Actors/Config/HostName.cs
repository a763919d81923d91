using System.Net;

namespace Proxy.Actors.Config;

/// <summary>Names of hosts as DNS and the Host field take them.</summary>
internal static class HostName
{
    /// <summary>An IPv4 address, or labels of letters, digits, hyphens and underscores of 1 to 63 characters,
    /// together at most 253 (RFC 1035 §2.3.4). Underscores are not allowed for hosts by RFC 952, but container
    /// platforms use them.</summary>
    public static bool IsValid(string name)
    {
        if (name.Length is 0 or > 253)
        {
            return false;
        }

        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' ||
                !label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                return false;
            }
        }

        // "1.2.3" and "1.2.3.400" would be taken for addresses by resolvers; a name needs a letter in its last label.
        string last = name[(name.LastIndexOf('.') + 1)..];
        return !last.All(char.IsAsciiDigit) || (name.Count(c => c == '.') == 3 && IPAddress.TryParse(name, out _));
    }
}
