using System.Net;
using System.Net.Sockets;

namespace Proxy.Edge.Topology;

/// <summary>A CIDR range; "10.0.0.0/8", "2001:db8::/32" or a single address.</summary>
public readonly record struct AddressRange(ClientAddress Base, int PrefixLength)
{
    /// <summary>Prefix length counts bits of the 128-bit form, so 10.0.0.0/8 is stored as /104.</summary>
    public bool Contains(ClientAddress address)
    {
        if (PrefixLength <= 64)
        {
            ulong mask = PrefixLength == 0 ? 0 : ulong.MaxValue << (64 - PrefixLength);
            return (address.High & mask) == (Base.High & mask);
        }

        ulong lowMask = ulong.MaxValue << (128 - PrefixLength);
        return address.High == Base.High && (address.Low & lowMask) == (Base.Low & lowMask);
    }

    public static bool TryParse(string text, out AddressRange range)
    {
        range = default;
        int slash = text.IndexOf('/');
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out IPAddress? ip))
        {
            return false;
        }

        bool v4 = ip.AddressFamily == AddressFamily.InterNetwork;
        int max = v4 ? 32 : 128;
        int prefix = max;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), out prefix) || prefix < 0 || prefix > max))
        {
            return false;
        }

        range = new AddressRange(ClientAddress.From(ip), v4 ? prefix + 96 : prefix);
        return true;
    }
}
