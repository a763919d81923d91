using System.Text;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Settings of a virtual router as bytes. Both sides are the same executable, but a node may be replaced by a
/// newer one while its guard lives on: the layout only ever grows, with <see cref="GuardProtocol.Version"/>.</summary>
internal static class SettingsRecord
{
    public static byte[] Write(VirtualRouterSettings settings)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write((byte)GuardRecord.Configure);
        writer.Write(settings.Id);
        writer.Write(settings.Group);
        writer.Write(settings.Name);
        writer.Write(settings.Interface);
        writer.Write(settings.UseVirtualMac);
        Write(writer, settings.Source);
        WriteRules(writer, settings.Rules);
        WritePolicy(writer, settings.Policy);
        writer.Write((byte)settings.Prefixes.Length);
        writer.Write(settings.Prefixes);
        writer.Write((byte)settings.Tracked.Length);
        foreach (string name in settings.Tracked)
        {
            writer.Write(name);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Null when the record does not hold together.</summary>
    public static VirtualRouterSettings? Read(ReadOnlySpan<byte> record)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record.ToArray()), Encoding.UTF8);
            _ = reader.ReadByte();
            return new VirtualRouterSettings
            {
                Id = reader.ReadUInt16(),
                Group = reader.ReadUInt16(),
                Name = reader.ReadString(),
                Interface = reader.ReadString(),
                UseVirtualMac = reader.ReadBoolean(),
                Source = ReadAddress(reader),
                Rules = ReadRules(reader),
                Policy = ReadPolicy(reader),
                Prefixes = reader.ReadBytes(reader.ReadByte()),
                Tracked = [.. Enumerable.Range(0, reader.ReadByte()).Select(_ => reader.ReadString())],
            };
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static void WriteRules(BinaryWriter writer, VrrpRules rules)
    {
        writer.Write(rules.RouterId);
        writer.Write((byte)rules.Version);
        writer.Write((byte)rules.Family);
        writer.Write(rules.Interval);
        writer.Write((byte)rules.Checksum);
        writer.Write(rules.Password);
        writer.Write(rules.LeastTtl);
        Write(writer, rules.Addresses);
        Write(writer, rules.Peers);
    }

    private static VrrpRules ReadRules(BinaryReader reader) => new()
    {
        RouterId = reader.ReadByte(),
        Version = (VrrpVersion)reader.ReadByte(),
        Family = (IpFamily)reader.ReadByte(),
        Interval = reader.ReadInt64(),
        Checksum = (ChecksumForm)reader.ReadByte(),
        Password = reader.ReadUInt64(),
        LeastTtl = reader.ReadByte(),
        Addresses = ReadAddresses(reader),
        Peers = ReadAddresses(reader),
    };

    private static void WritePolicy(BinaryWriter writer, VrrpPolicy policy)
    {
        writer.Write(policy.Priority);
        writer.Write(policy.Preempt);
        writer.Write(policy.PreemptDelay);
        writer.Write(policy.ResignHold);
        writer.Write(policy.DownAdverts);
        writer.Write(policy.HintStep);
        writer.Write(policy.ProbeWait);
        writer.Write(policy.Announcements.FirstRepeat);
        writer.Write(policy.Announcements.LeastGap);
        writer.Write(policy.Announcements.RepeatEvery);
        writer.Write(policy.Announcements.Repeats);
        writer.Write(policy.Announcements.RefreshEvery);
    }

    private static VrrpPolicy ReadPolicy(BinaryReader reader) => new()
    {
        Priority = reader.ReadByte(),
        Preempt = reader.ReadBoolean(),
        PreemptDelay = reader.ReadInt64(),
        ResignHold = reader.ReadInt64(),
        DownAdverts = reader.ReadInt32(),
        HintStep = reader.ReadInt64(),
        ProbeWait = reader.ReadInt64(),
        Announcements = new AnnouncementSchedule
        {
            FirstRepeat = reader.ReadInt64(),
            LeastGap = reader.ReadInt64(),
            RepeatEvery = reader.ReadInt64(),
            Repeats = reader.ReadInt32(),
            RefreshEvery = reader.ReadInt64(),
        },
    };

    private static void Write(BinaryWriter writer, NetAddress[] addresses)
    {
        writer.Write((byte)addresses.Length);
        foreach (NetAddress address in addresses)
        {
            Write(writer, address);
        }
    }

    private static NetAddress[] ReadAddresses(BinaryReader reader)
    {
        var addresses = new NetAddress[reader.ReadByte()];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = ReadAddress(reader);
        }

        return addresses;
    }

    private static void Write(BinaryWriter writer, NetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.Write(bytes);
        writer.Write((byte)address.Family);
        writer.Write(bytes[..address.Length]);
    }

    private static NetAddress ReadAddress(BinaryReader reader)
    {
        var family = (IpFamily)reader.ReadByte();
        byte[] bytes = reader.ReadBytes(NetAddress.LengthOf(family));
        return bytes.Length == NetAddress.LengthOf(family)
            ? NetAddress.Read(family, bytes)
            : throw new EndOfStreamException();
    }
}
