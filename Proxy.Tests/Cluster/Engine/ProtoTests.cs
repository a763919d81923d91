using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;

namespace Proxy.Tests.Cluster.Engine;

public sealed class ProtoTests
{
    [Theory]
    [InlineData(0L, "0800")]
    [InlineData(1L, "0801")]
    [InlineData(150L, "089601")]
    [InlineData(-1L, "08FFFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MaxValue, "08FFFFFFFFFFFFFFFF7F")]
    public void Numbers_are_variable_in_length(long value, string hex)
    {
        ReadOnlyMemory<byte> written = new ProtoWriter().NumberAlways(1, value).Written;

        Assert.Equal(hex, Convert.ToHexString(written.Span));
        var reader = new ProtoReader(written.Span);
        Assert.True(reader.Next());
        Assert.Equal((1, value), (reader.Field, reader.Number));
        Assert.False(reader.Next());
    }

    [Fact]
    public void Defaults_are_left_out_and_unknown_fields_passed_over()
    {
        // Field 5 as 64 bits, field 6 as 32 bits, then a text in field 16.
        byte[] message = [0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4, 0x82, 0x01, 2, (byte)'o', (byte)'k'];
        var reader = new ProtoReader(message);

        Assert.Equal(0, new ProtoWriter().Number(1, 0).Text(2, "").Flag(3, false).Written.Length);
        Assert.True(reader.Next() && reader.Next() && reader.Next());
        Assert.Equal((16, "ok"), (reader.Field, reader.Text));
    }

    [Theory]
    [InlineData("08")]
    [InlineData("0A05AA")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    [InlineData("08FFFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0B")]
    [InlineData("2901")]
    public void A_damaged_message_is_refused(string hex)
    {
        byte[] message = Convert.FromHexString(hex);

        Assert.Throws<InvalidDataException>(() => new ProtoReader(message).Next());
    }

    [Fact]
    public void Damaged_replies_never_do_worse_than_being_refused()
    {
        const int Seed = 20;
        var random = new Random(Seed);
        byte[] reply = new ProtoWriter()
            .Message(1, new ProtoWriter().Number(3, 77))
            .Message(11, new ProtoWriter().Message(2, new ProtoWriter().Text(1, "key").Number(3, 7).Text(5, "value")))
            .Written.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. reply];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                EtcdReplies.Watch(damaged);
                EtcdReplies.Outcome(damaged);
                EtcdReplies.Lease(damaged);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }

        Assert.Equal(new Revision(7), EtcdReplies.Watch(reply).Changes.Single().Item.Modified);
    }
}
