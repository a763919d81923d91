using System.Text;
using Proxy.Edge.Telemetry;

namespace Proxy.Tests.Edge.Telemetry;

public sealed class AccessLogChannelTests
{
    private const int Ring = 2 * AccessLogFormat.MaxLineBytes;
    private readonly LoopCounters _counters = new();

    [Fact]
    public void Lines_come_out_whole_and_in_order()
    {
        AccessLogChannel channel = Channel("%U");
        channel.Append(AccessRecords.Full(target: "/one"u8));
        channel.Append(AccessRecords.Full(target: "/two"u8));

        string text = Encoding.UTF8.GetString(channel.Peek());
        channel.Advance(text.Length);

        Assert.Equal("/one\n/two\n", text);
        Assert.True(channel.Peek().IsEmpty);
        Assert.True(channel.IsEmpty);
        Assert.Equal(2, _counters.AccessLogRecords);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void Whatever_the_sizes_no_line_is_lost_torn_or_doubled(int seed)
    {
        var random = new Random(seed);
        AccessLogChannel channel = Channel("%{request-id} %U");
        var sent = new List<string>();
        var seen = new StringBuilder();
        for (int i = 0; i < 4_000; i++)
        {
            int length = random.Next(10) == 0 ? random.Next(1, 30_000) : random.Next(1, 300);
            byte[] target = new byte[length];
            Array.Fill(target, (byte)('a' + (i % 26)));
            long drops = _counters.AccessLogDrops;
            channel.Append(new AccessRecord { RequestId = Encoding.ASCII.GetBytes($"{i}"), Target = target });
            if (_counters.AccessLogDrops == drops)
            {
                sent.Add($"{i} {Encoding.ASCII.GetString(target)}");
            }

            if (random.Next(3) == 0)
            {
                ReadOnlySpan<byte> lines = channel.Peek();
                int limit = random.Next(2) == 0 ? lines.Length : random.Next(lines.Length + 1);
                int take = lines[..limit].LastIndexOf((byte)'\n') + 1;
                seen.Append(Encoding.ASCII.GetString(lines[..take]));
                channel.Advance(take);
            }
        }

        while (!channel.IsEmpty)
        {
            ReadOnlySpan<byte> lines = channel.Peek();
            seen.Append(Encoding.ASCII.GetString(lines));
            channel.Advance(lines.Length);
        }

        Assert.True(sent.SequenceEqual(seen.ToString().Split('\n')[..^1]), $"seed {seed}");
        Assert.True(_counters.AccessLogDrops > 0, $"seed {seed} never filled the ring");
        Assert.Equal(4_000, _counters.AccessLogDrops + _counters.AccessLogRecords);
    }

    [Fact]
    public void Two_threads_agree_on_every_line()
    {
        const int Lines = 200_000;
        AccessLogChannel channel = Channel("%{request-id}");
        var producer = new Thread(() =>
        {
            Span<byte> id = stackalloc byte[16];
            for (int i = 0; i < Lines; i++)
            {
                i.TryFormat(id, out int digits);
                channel.Append(new AccessRecord { RequestId = id[..digits] });
            }
        });
        producer.Start();

        int last = -1;
        int count = 0;
        while (producer.IsAlive || !channel.IsEmpty)
        {
            ReadOnlySpan<byte> lines = channel.Peek();
            int taken = lines.Length;
            while (!lines.IsEmpty)
            {
                int end = lines.IndexOf((byte)'\n');
                int number = int.Parse(lines[..end], System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(number > last, $"{number} after {last}");
                last = number;
                count++;
                lines = lines[(end + 1)..];
            }

            channel.Advance(taken);
        }

        Assert.Equal(Lines, count + _counters.AccessLogDrops);
        Assert.Equal(count, _counters.AccessLogRecords);
    }

    [Fact]
    public void A_full_ring_drops_and_counts_and_takes_records_again_later()
    {
        AccessLogChannel channel = Channel("%U");
        byte[] target = new byte[10_000];
        Array.Fill(target, (byte)'x');
        for (int i = 0; i < 20; i++)
        {
            channel.Append(new AccessRecord { Target = target });
        }

        long drops = _counters.AccessLogDrops;
        channel.Advance(channel.Peek().Length);
        channel.Append(new AccessRecord { Target = "/after"u8 });

        Assert.True(drops > 0);
        Assert.Equal(drops, _counters.AccessLogDrops);
        Assert.Equal("/after\n", Encoding.ASCII.GetString(channel.Peek()));
    }

    [Fact]
    public void Giant_fields_are_cut_and_an_impossible_template_is_dropped()
    {
        byte[] giant = new byte[60_000];
        AccessLogChannel channel = Channel("%U");
        channel.Append(new AccessRecord { Target = giant });
        Assert.EndsWith("\\x00...\n", Encoding.ASCII.GetString(channel.Peek()), StringComparison.Ordinal);

        AccessLogChannel greedy = Channel(string.Concat(Enumerable.Repeat("%U", 100)));
        greedy.Append(new AccessRecord { Target = giant });

        Assert.True(greedy.IsEmpty);
        Assert.Equal(1, _counters.AccessLogDrops);
    }

    [Fact]
    public void Appending_allocates_only_the_ring()
    {
        AccessLogChannel channel = Channel("combined");
        channel.Append(AccessRecords.Full());

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            channel.Append(AccessRecords.Full());
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private AccessLogChannel Channel(string template)
    {
        Assert.True(AccessLogFormat.TryParse(template, out AccessLogFormat? format, out string? error), error);
        return new AccessLogChannel(format, TimeZoneInfo.Utc, _counters, new WriterWakeUp(), Ring);
    }
}
