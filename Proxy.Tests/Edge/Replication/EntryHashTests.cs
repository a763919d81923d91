using System.Buffers.Binary;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class EntryHashTests
{
    private static readonly EntryHash Hash = new([.. Enumerable.Range(0, 16).Select(static i => (byte)i)]);

    /// <summary>The authors' own vectors for 128 bits: the key 00..0f, the message 00..length-1.</summary>
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    public void Hashes_as_the_reference_does(int length, string expected)
    {
        byte[] message = [.. Enumerable.Range(0, length).Select(static i => (byte)i)];
        EntryKey key = Hash.Of(message);
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), key.Low);

        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void The_table_and_the_key_both_count()
    {
        Assert.NotEqual(Hash.Of(1, "abc"u8), Hash.Of(2, "abc"u8));
        Assert.NotEqual(Hash.Of(1, "abc"u8), Hash.Of(1, "abd"u8));
        Assert.NotEqual(Hash.Of(1, "abc"u8), new EntryHash(new byte[16]).Of(1, "abc"u8));
        Assert.Equal(Hash.Of(1, "abc"u8), Hash.Of(1, "abc"u8));
    }

    [Fact]
    public void Nodes_have_slots_of_their_own()
    {
        EntryKey key = Hash.Of("limit"u8);

        EntryKey[] slots = [.. Enumerable.Range(0, 1000).Select(i => key.SlotOf(NodeTag.Of($"node-{i}")))];

        Assert.Equal(1000, slots.Distinct().Count());
        Assert.Equal(key.SlotOf(NodeTag.Of("node-1")), slots[1]);
    }
}
