using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Node;

public sealed class VipFlowTests
{
    private static readonly NetAddress Vip = NetAddress.Parse("10.77.0.101");

    /// <summary>As the kernel writes it (proc(5)): address words in the machine's order, ports as numbers.</summary>
    [Fact]
    public void The_kernel_s_tables_are_read_for_established_connections_to_the_addresses()
    {
        const string Table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 65004D0A:1F90 09004D0A:C350 01 00000000:00000000 00:00000000 00000000     0        0 1 1
               1: 65004D0A:1F90 09004D0A:C351 06 00000000:00000000 00:00000000 00000000     0        0 1 1
               2: 0B004D0A:1F90 09004D0A:C352 01 00000000:00000000 00:00000000 00000000     0        0 1 1
               3: 0000000000000000FFFF000065004D0A:1F90 0000000000000000FFFF000009004D0A:C353 01 0:0 0:0 0 0 0 1 1
               4: 770000FD000000000000000001010000:1F90 770000FD000000000000000009000000:C354 01 0:0 0:0 0 0 0 1 1
            """;
        NetAddress vip6 = NetAddress.Parse("fd00:77::101");

        VipFlow[] flows = [.. VipFlow.Parse(Table, new HashSet<NetAddress> { Vip, vip6 })];

        Assert.Equal(
            [
                new VipFlow(Vip, 8080, NetAddress.Parse("10.77.0.9"), 50000),
                new VipFlow(Vip, 8080, NetAddress.Parse("10.77.0.9"), 50003),
            ],
            flows[..2]);
        Assert.Equal(8080, flows[2].VipPort);
        Assert.Equal(vip6, flows[2].Vip);
    }

    [Fact]
    public void Flows_survive_the_wire_and_nonsense_does_not()
    {
        VipFlow[] flows =
        [
            new(Vip, 443, NetAddress.Parse("192.0.2.7"), 65535),
            new(NetAddress.Parse("fd00::1"), 80, NetAddress.Parse("2001:db8::9"), 1),
        ];
        byte[] record = VipFlow.Write(flows);

        Assert.Equal(flows, VipFlow.Read(record));
        for (int length = 0; length < record.Length; length++)
        {
            Assert.Null(VipFlow.Read(record.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_tickle_is_a_bare_acknowledgement_with_a_right_checksum()
    {
        var flow = new VipFlow(Vip, 8080, NetAddress.Parse("10.77.0.9"), 50000);
        byte[] segment = new byte[20];

        Tickle.Write(flow, segment);

        Assert.Equal("1F90C350000000000000000050100400", Convert.ToHexString(segment.AsSpan(0, 16)));
        Assert.True(VrrpChecksum.Verify(segment, VrrpChecksum.PseudoHeader(flow.Vip, flow.Client, 20, 6)));
    }

    [Fact]
    public void A_question_of_a_handover_survives_the_wire_and_nonsense_does_not()
    {
        var call = new HandoverCall(
            HandoverStep.Prepare,
            new VipClaim(
                IpFamily.V4, 51, Vip, VrrpState.Master, 150, NetAddress.Parse("10.77.0.11")),
            35);
        byte[] record = call.Write();

        Assert.Equal(call, HandoverCall.Read(record));
        for (int length = 0; length < record.Length; length++)
        {
            Assert.Null(HandoverCall.Read(record.AsSpan(0, length)));
        }
    }
}
