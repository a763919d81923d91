using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Packets;

public sealed class VrrpPacketTests
{
    private static readonly NetAddress Sender = NetAddress.Parse("10.77.0.11");
    private static readonly NetAddress Sender6 = NetAddress.Parse("fe80::11");

    /// <summary>Captured from keepalived 2.2.7, IP headers included.</summary>
    private const string KeepalivedV2 =
        "45c0002c00010000ff70d0360a4d000be0000012213396020101f6490a4d00650a4d00667333637265740000";

    private const string KeepalivedV3 = "45c0002000030000ff70d0400a4d000be00000123135c801000a11230a4d0068";

    private const string KeepalivedV3Ipv6 =
        "31366502000a6e79fe8000000000000000000000000a0001fd770000000000000000000000000101";

    private static VrrpRules V2 => new()
    {
        RouterId = 0x33,
        Version = VrrpVersion.V2,
        Interval = VrrpRules.Second,
        Addresses = [NetAddress.Parse("10.77.0.101"), NetAddress.Parse("10.77.0.102")],
        Password = VrrpRules.PasswordOf("s3cret"),
    };

    private static VrrpRules V3 => new()
    {
        RouterId = 0x35,
        Interval = 100_000,
        Addresses = [NetAddress.Parse("10.77.0.104")],
    };

    private static VrrpRules V3Ipv6 => new()
    {
        RouterId = 0x36,
        Family = IpFamily.V6,
        Interval = 100_000,
        Addresses = [NetAddress.Parse("fe80::a:1"), NetAddress.Parse("fd77::101")],
    };

    [Fact]
    public void Reads_a_captured_v2_advert_with_a_password()
    {
        Assert.Equal(VrrpRefusal.None, ReadIpv4(KeepalivedV2, V2, out VrrpAdvert advert));

        Assert.Equal(new VrrpAdvert(Sender, 150, VrrpRules.Second, false), advert);
    }

    [Fact]
    public void Reads_a_captured_v3_advert()
    {
        Assert.Equal(VrrpRefusal.None, ReadIpv4(KeepalivedV3, V3, out VrrpAdvert advert));

        Assert.Equal(new VrrpAdvert(Sender, 200, 100_000, false), advert);
    }

    [Fact]
    public void Reads_a_captured_v3_advert_over_ipv6()
    {
        byte[] message = Convert.FromHexString(KeepalivedV3Ipv6);

        VrrpRefusal refusal = VrrpPacketReader.Read(message, Envelope(V3Ipv6), V3Ipv6, out VrrpAdvert advert);

        Assert.Equal(VrrpRefusal.None, refusal);
        Assert.Equal(new VrrpAdvert(Sender6, 101, 100_000, false), advert);
    }

    [Fact]
    public void Writes_the_bytes_keepalived_writes()
    {
        Assert.Equal(KeepalivedV2[40..], Written(V2, 150), ignoreCase: true);
        Assert.Equal(KeepalivedV3[40..], Written(V3, 200), ignoreCase: true);
        Assert.Equal(KeepalivedV3Ipv6, Written(V3Ipv6, 101), ignoreCase: true);
    }

    [Fact]
    public void Sends_the_checksum_of_rfc_9568_when_asked_and_accepts_both_always()
    {
        VrrpRules plain = V3 with { Checksum = ChecksumForm.MessageOnly };
        string written = Written(plain, 200);

        Assert.NotEqual(Written(V3, 200), written);
        // 0x3135 + 0xc801 + 0x000a + 0x0a4d + 0x0068 = 0x103f5, folded 0x03f6, inverted.
        Assert.Equal("FC09", written[12..16]);
        Assert.Equal(
            VrrpRefusal.None,
            VrrpPacketReader.Read(Convert.FromHexString(written), Envelope(V3), V3, out _));
        Assert.Equal(
            VrrpRefusal.None,
            VrrpPacketReader.Read(Convert.FromHexString(Written(V3, 200)), Envelope(V3), plain, out _));
    }

    [Theory]
    [InlineData(0, 0x41, nameof(VrrpRefusal.WrongVersion))]
    [InlineData(0, 0x32, nameof(VrrpRefusal.WrongType))]
    [InlineData(1, 0x34, nameof(VrrpRefusal.UnknownRouterId))]
    [InlineData(2, 0xc9, nameof(VrrpRefusal.WrongChecksum))]
    [InlineData(3, 0, nameof(VrrpRefusal.NoAddresses))]
    [InlineData(3, 2, nameof(VrrpRefusal.WrongLength))]
    [InlineData(11, 0x69, nameof(VrrpRefusal.WrongChecksum))]
    public void One_wrong_byte_is_refused_with_its_reason(int offset, byte value, string expected)
    {
        byte[] message = Convert.FromHexString(KeepalivedV3[40..]);
        message[offset] = value;

        Assert.Equal(expected, VrrpPacketReader.Read(message, Envelope(V3), V3, out _).ToString());
    }

    [Fact]
    public void Every_shorter_packet_is_refused()
    {
        byte[] message = Convert.FromHexString(KeepalivedV3[40..]);
        for (int length = 0; length < message.Length; length++)
        {
            VrrpRefusal refusal = VrrpPacketReader.Read(message.AsSpan(0, length), Envelope(V3), V3, out _);

            Assert.Equal(length < 8 ? VrrpRefusal.TooShort : VrrpRefusal.WrongLength, refusal);
        }
    }

    [Fact]
    public void An_advert_that_was_routed_is_refused()
    {
        byte[] message = Convert.FromHexString(KeepalivedV3[40..]);

        Assert.Equal(
            VrrpRefusal.WrongTtl, VrrpPacketReader.Read(message, Envelope(V3) with { Ttl = 254 }, V3, out _));
    }

    [Fact]
    public void Multicast_wants_the_group_and_for_ipv6_a_link_local_source()
    {
        byte[] message = Convert.FromHexString(KeepalivedV3[40..]);
        VrrpEnvelope elsewhere = Envelope(V3) with { Destination = NetAddress.Parse("224.0.0.5") };
        VrrpEnvelope global = Envelope(V3Ipv6) with { Source = NetAddress.Parse("fd77::11") };

        Assert.Equal(VrrpRefusal.WrongDestination, VrrpPacketReader.Read(message, elsewhere, V3, out _));
        Assert.Equal(
            VrrpRefusal.WrongSource,
            VrrpPacketReader.Read(Convert.FromHexString(KeepalivedV3Ipv6), global, V3Ipv6, out _));
    }

    [Fact]
    public void Unicast_takes_only_configured_peers_and_no_multicast()
    {
        VrrpRules rules = V3 with { Peers = [NetAddress.Parse("10.77.0.12")] };
        NetAddress own = NetAddress.Parse("10.77.0.13");
        var stranger = new VrrpEnvelope(Sender, own, 255);
        VrrpEnvelope peer = stranger with { Source = rules.Peers[0] };
        byte[] buffer = new byte[64];
        int length = VrrpPacketWriter.Write(rules, 7, peer.Source, own, buffer);

        Assert.Equal(VrrpRefusal.None, VrrpPacketReader.Read(buffer.AsSpan(0, length), peer, rules, out _));
        Assert.Equal(VrrpRefusal.UnknownPeer, VrrpPacketReader.Read(buffer.AsSpan(0, length), stranger, rules, out _));
        Assert.Equal(
            VrrpRefusal.WrongDestination,
            VrrpPacketReader.Read(buffer.AsSpan(0, length), Envelope(V3), rules, out _));
    }

    [Fact]
    public void A_wrong_password_and_a_missing_one_are_told_apart()
    {
        VrrpRules other = V2 with { Password = VrrpRules.PasswordOf("other") };
        VrrpRules without = V2 with { Password = 0 };

        Assert.Equal(VrrpRefusal.WrongPassword, ReadIpv4(KeepalivedV2, other, out _));
        Assert.Equal(VrrpRefusal.WrongAuthenticationType, ReadIpv4(KeepalivedV2, without, out _));
    }

    [Fact]
    public void Only_the_first_eight_bytes_of_a_password_count() =>
        Assert.Equal(VrrpRules.PasswordOf("12345678"), VrrpRules.PasswordOf("123456789"));

    [Fact]
    public void Version_2_refuses_another_interval_and_version_3_learns_it()
    {
        Assert.Equal(
            VrrpRefusal.WrongInterval, ReadIpv4(KeepalivedV2, V2 with { Interval = 2 * VrrpRules.Second }, out _));
        Assert.Equal(VrrpRefusal.None, ReadIpv4(KeepalivedV3, V3 with { Interval = 50_000 }, out VrrpAdvert advert));
        Assert.Equal(100_000, advert.Interval);
    }

    [Fact]
    public void Another_list_of_addresses_is_a_warning_and_another_order_is_not()
    {
        VrrpRules reordered = V2 with { Addresses = [V2.Addresses[1], V2.Addresses[0]] };
        VrrpRules different = V2 with { Addresses = [V2.Addresses[0], Sender] };

        Assert.Equal(VrrpRefusal.None, ReadIpv4(KeepalivedV2, reordered, out VrrpAdvert same));
        Assert.False(same.AddressesDiffer);
        Assert.Equal(VrrpRefusal.None, ReadIpv4(KeepalivedV2, different, out VrrpAdvert other));
        Assert.True(other.AddressesDiffer);
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            VrrpRules rules = AnyRules(random);
            byte priority = (byte)random.Next(256);
            VrrpEnvelope envelope = Envelope(rules);
            byte[] buffer = new byte[8 + (16 * 20) + 8];
            int length = VrrpPacketWriter.Write(rules, priority, envelope.Source, envelope.Destination, buffer);

            VrrpRefusal refusal = VrrpPacketReader.Read(
                buffer.AsSpan(0, length), envelope, rules, out VrrpAdvert advert);

            Assert.True(refusal == VrrpRefusal.None, $"seed {seed}: {refusal}");
            Assert.Equal(new VrrpAdvert(envelope.Source, priority, rules.Interval, false), advert);
        }
    }

    [Fact]
    public void A_flipped_bit_never_passes()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            VrrpRules rules = AnyRules(random);
            VrrpEnvelope envelope = Envelope(rules);
            byte[] buffer = new byte[8 + (16 * 20) + 8];
            int length = VrrpPacketWriter.Write(rules, 100, envelope.Source, envelope.Destination, buffer);
            buffer[random.Next(length)] ^= (byte)(1 << random.Next(8));

            VrrpRefusal refusal = VrrpPacketReader.Read(buffer.AsSpan(0, length), envelope, rules, out _);

            Assert.True(refusal != VrrpRefusal.None, $"seed {seed}");
        }
    }

    [Fact]
    public void Noise_is_refused_and_never_throws()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] noise = new byte[random.Next(80)];
            random.NextBytes(noise);
            if (noise.Length > 0 && random.Next(2) == 0)
            {
                noise[0] = 0x45;
            }

            if (VrrpPacketReader.TryReadIpv4(noise, out VrrpEnvelope envelope, out ReadOnlySpan<byte> message))
            {
                Assert.NotEqual(VrrpRefusal.None, VrrpPacketReader.Read(message, envelope, V2, out _));
            }

            Assert.True(
                VrrpPacketReader.Read(noise, Envelope(V3), V3, out _) != VrrpRefusal.None, $"seed {seed} passed");
        }
    }

    [Fact]
    public void An_ip_header_that_lies_about_its_lengths_is_not_read()
    {
        byte[] packet = Convert.FromHexString(KeepalivedV3);
        packet[3] = 33;
        Assert.False(VrrpPacketReader.TryReadIpv4(packet, out _, out _));
        packet[3] = 19;
        Assert.False(VrrpPacketReader.TryReadIpv4(packet, out _, out _));
        packet[0] = 0x44;
        Assert.False(VrrpPacketReader.TryReadIpv4(packet, out _, out _));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        VrrpRules rules = V3Ipv6;
        VrrpEnvelope envelope = Envelope(rules);
        byte[] buffer = new byte[128];
        Turn();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Turn();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Turn()
        {
            int length = VrrpPacketWriter.Write(rules, 9, envelope.Source, envelope.Destination, buffer);
            _ = VrrpPacketReader.Read(buffer.AsSpan(0, length), envelope, rules, out _);
        }
    }

    private static VrrpRefusal ReadIpv4(string hex, VrrpRules rules, out VrrpAdvert advert)
    {
        byte[] packet = Convert.FromHexString(hex);
        Assert.True(VrrpPacketReader.TryReadIpv4(packet, out VrrpEnvelope envelope, out ReadOnlySpan<byte> message));
        return VrrpPacketReader.Read(message, envelope, rules, out advert);
    }

    private static VrrpEnvelope Envelope(VrrpRules rules) => new(
        rules.Family == IpFamily.V4 ? Sender : Sender6, VrrpRules.Group(rules.Family), 255);

    private static string Written(VrrpRules rules, byte priority)
    {
        byte[] buffer = new byte[256];
        VrrpEnvelope envelope = Envelope(rules);
        int length = VrrpPacketWriter.Write(rules, priority, envelope.Source, envelope.Destination, buffer);
        return Convert.ToHexString(buffer.AsSpan(0, length));
    }

    private static VrrpRules AnyRules(Random random)
    {
        VrrpVersion version = random.Next(3) == 0 ? VrrpVersion.V2 : VrrpVersion.V3;
        IpFamily family = version == VrrpVersion.V3 && random.Next(2) == 0 ? IpFamily.V6 : IpFamily.V4;
        var rules = new VrrpRules
        {
            RouterId = (byte)random.Next(1, 256),
            Version = version,
            Family = family,
            Interval = version == VrrpVersion.V2
                ? random.Next(1, 256) * VrrpRules.Second
                : random.Next(1, 4096) * VrrpRules.Centisecond,
            Password = version == VrrpVersion.V2 && random.Next(2) == 0 ? (ulong)random.NextInt64() : 0,
            Checksum = (ChecksumForm)random.Next(2),
            Addresses = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => AnyAddress(random, family))],
        };
        Assert.Empty(rules.Problems());
        return rules;
    }

    private static NetAddress AnyAddress(Random random, IpFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return NetAddress.Read(family, bytes);
    }
}
