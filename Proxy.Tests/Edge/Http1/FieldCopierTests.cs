using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

public sealed class FieldCopierTests
{
    private const string Head =
        "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nConnection: close\r\nB: 2\r\nCookie: c\r\nC: 3\r\n\r\n";

    [Fact]
    public void Copies_all_but_hop_by_hop_and_dropped_fields_as_received()
    {
        RequestHead head = Reading.Accepted(Head);

        Assert.Equal("Host: h\r\nA: 1\r\nB: 2\r\nCookie: c\r\nC: 3\r\n", Reading.Forwarded(head));
        Assert.Equal(
            "A: 1\r\nB: 2\r\nC: 3\r\n",
            Reading.Forwarded(head, (1UL << (int)HeaderId.Host) | (1UL << (int)HeaderId.Cookie)));
        Assert.Equal("Host: h\r\nCookie: c\r\n", Reading.Forwarded(head, 1UL << (int)HeaderId.Other));
    }

    [Fact]
    public void Fields_are_skipped_by_index()
    {
        RequestHead head = Reading.Accepted(Head);
        byte[] destination = new byte[100];

        Assert.True(FieldCopier.Copy(head, 0, [0b100010], destination, out int written));

        Assert.Equal("Host: h\r\nB: 2\r\nCookie: c\r\n", Reading.Text(destination.AsSpan(0, written)));
    }

    [Fact]
    public void Indexes_beyond_63_use_the_next_word()
    {
        StringBuilder text = new("GET / HTTP/1.1\r\nHost: h\r\n");
        for (int i = 1; i < 70; i++)
        {
            text.Append($"F{i}: v\r\n");
        }

        RequestHead head = Reading.Accepted(text.Append("\r\n").ToString());
        byte[] destination = new byte[2000];

        Assert.True(FieldCopier.Copy(head, 0, [~0UL, 0b10], destination, out int written));

        Assert.Equal(
            "F64: v\r\nF66: v\r\nF67: v\r\nF68: v\r\nF69: v\r\n",
            Reading.Text(destination.AsSpan(0, written)));
    }

    [Fact]
    public void Says_when_the_fields_do_not_fit()
    {
        RequestHead head = Reading.Accepted(Head);
        int needed = "Host: h\r\nA: 1\r\nB: 2\r\nCookie: c\r\nC: 3\r\n".Length;

        Assert.True(FieldCopier.Copy(head, 0, new byte[needed], out int written));
        Assert.Equal(needed, written);
        Assert.False(FieldCopier.Copy(head, 0, new byte[needed - 1], out _));
        Assert.False(FieldCopier.Copy(head, 0, default, out _));
    }

    [Fact]
    public void Fields_can_be_moved_towards_the_front_of_their_own_buffer()
    {
        byte[] buffer = [.. new byte[5], .. Encoding.ASCII.GetBytes(Head)];
        RequestHead head = new();
        int scanned = 0;
        RequestHeadParser.Parse(buffer, 5, Head.Length, ref scanned, head, new Http1Limits(), out _);

        Assert.True(FieldCopier.Copy(head, 0, buffer, out int written));

        Assert.Equal("Host: h\r\nA: 1\r\nB: 2\r\nCookie: c\r\nC: 3\r\n", Reading.Text(buffer.AsSpan(0, written)));
    }
}
