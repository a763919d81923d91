namespace Proxy.Edge.Topology;

/// <summary>How much of an address tells clients apart. A client with IPv6 usually has a whole /64, and could come from
/// another address of it with every request.</summary>
/// <param name="V4">Bits of an IPv4 address, 0 to 32.</param>
/// <param name="V6">Bits of an IPv6 address, 0 to 128.</param>
public readonly record struct AddressPrefix(int V4, int V6)
{
    public static readonly AddressPrefix Default = new(32, 64);

    public ClientAddress Of(ClientAddress address)
    {
        int bits = address.IsIpv4 ? 96 + V4 : V6;
        return new ClientAddress(
            bits >= 64 ? address.High : address.High & Mask(bits),
            bits <= 64 ? 0 : address.Low & Mask(bits - 64));
    }

    // C# shifts by the count modulo 64, so none and all bits are special.
    private static ulong Mask(int bits) => bits <= 0 ? 0 : bits >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - bits);
}
