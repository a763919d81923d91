using System.Buffers.Binary;
using System.Net;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Topology;

public sealed class Ipv6TextTests
{
    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:db8::1:0:0:1")]
    [InlineData("2001:0:0:1::1")]
    [InlineData("fe80::aaaa:bbbb:cccc:dddd")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void The_canonical_form_stays_as_it_is(string text)
    {
        Assert.Equal(text, Format(IPAddress.Parse(text).GetAddressBytes()));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void Any_address_reads_back_and_matches_the_platform(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[16];
        for (int round = 0; round < 5_000; round++)
        {
            random.NextBytes(bytes);
            for (int group = 0; group < 8; group++)
            {
                if (random.Next(2) == 0)
                {
                    bytes[group * 2] = bytes[(group * 2) + 1] = 0;
                }
            }

            var address = new IPAddress(bytes);
            string text = Format(bytes);
            string platform = address.ToString();

            // The platform writes some embedded IPv4 addresses with dots, which RFC 5952 leaves open.
            Assert.True(platform == text || platform.Contains('.'), $"seed {seed}: {platform} and {text}");
            Assert.True(IPAddress.Parse(text).Equals(address), $"seed {seed}: {text}");
        }
    }

    [Fact]
    public void Formatting_a_client_address_allocates_nothing()
    {
        ClientAddress address = ClientAddress.From(IPAddress.Parse("2001:db8::17"));
        Span<byte> text = stackalloc byte[48];
        int length = address.Format(text);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            address.Format(text);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal("2001:db8::17", Encoding.ASCII.GetString(text[..length]));
    }

    private static string Format(ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[39];
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        int length = Ipv6Text.Format(high, BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), text);
        return Encoding.ASCII.GetString(text[..length]);
    }
}
