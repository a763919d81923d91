using Proxy.Cluster.Health;

namespace Proxy.Tests.Cluster.Health;

public sealed class HealthMessageTests
{
    [Fact]
    public void Messages_read_as_they_were_written()
    {
        var order = new HealthMessage.Order("app", "m", 7, 3);
        var report = new HealthMessage.Report("app", "m", 7, 3, true, "200 \"ok\"");

        Assert.Equal(order, HealthMessage.Read(order.Write()));
        Assert.Equal(report, HealthMessage.Read(report.Write()));
        var verdicts = new HealthMessage.Verdicts(
            "app", 7, 4, TimeSpan.FromSeconds(12),
            [new MemberVerdict(
                "m", false, "gone", [new Opinion("a", false, "refused"), new Opinion("b", true, "200")])]);
        var read = Assert.IsType<HealthMessage.Verdicts>(HealthMessage.Read(verdicts.Write()));
        Assert.Equal((7, 4, verdicts.FreshFor), (read.Token, read.Number, read.FreshFor));
        Assert.Equal(verdicts.Members[0].Evidence, read.Members.Single().Evidence);
        Assert.Equal("gone", read.Members[0].Reason);
    }

    [Fact]
    public void Damage_is_no_message()
    {
        byte[] good = new HealthMessage.Report("app", "m", 7, 3, true, "200").Write();
        var random = new Random(5);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bad = [.. good];
            bad[random.Next(bad.Length)] = (byte)random.Next(256);
            HealthMessage.Read(bad.AsMemory(0, random.Next(bad.Length + 1)));
        }

        Assert.Null(HealthMessage.Read("{\"kind\":\"later\"}"u8.ToArray()));
        Assert.Null(HealthMessage.Read("[]"u8.ToArray()));
    }
}
