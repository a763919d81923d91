using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

public sealed class AdvertBeatTests
{
    private const long Interval = 10_000;
    private const long Due = 1_000_000;
    private static readonly NetAddress Source = NetAddress.Parse("10.0.0.1");

    private readonly AdvertBeat _beat = new(
        new VrrpRules { RouterId = 1, Interval = Interval, Addresses = [NetAddress.Parse("10.0.0.100")] });

    private readonly Recording _sent = new();

    [Fact]
    public void Who_keeps_his_promises_needs_nobody()
    {
        Assert.True(_beat.Promise(Due, 150, Source, 3));
        for (long now = Due; now < Due + (50 * Interval); now += Interval / 10)
        {
            if (now % Interval == 0)
            {
                // A little late, as timers are.
                Assert.False(_beat.Promise(now + Interval, 150, Source, 3));
            }

            _beat.Cover(now, _sent);
        }

        Assert.Empty(_sent.Adverts);
    }

    [Fact]
    public void Late_adverts_are_said_in_its_place_at_the_pace_of_the_interval_until_patience_ends()
    {
        _beat.Promise(Due, 150, Source, 3);
        var times = new List<long>();
        for (long now = Due - Interval; now < Due + 500_000; now += 500)
        {
            _sent.Adverts.Clear();
            _beat.Cover(now, _sent);
            times.AddRange(_sent.Adverts.Select(_ => now - Due));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(static i => (Interval / 2) + (i * Interval)), times);
        Assert.Equal(10u, _beat.Covered);

        // It lives again: the next promise counts.
        Assert.False(_beat.Promise(Due + 600_000, 150, Source, 3));
        Assert.InRange(_beat.NextLook, Due, Due + 600_000 + Interval);
        _beat.Cover(Due + 600_000 + (Interval / 2), _sent);
        Assert.Single(_sent.Adverts);
    }

    [Fact]
    public void A_stand_in_that_was_late_itself_says_one_and_not_all_it_missed()
    {
        _beat.Promise(Due, 150, Source, 3);

        _beat.Cover(Due + (6 * Interval), _sent);
        _beat.Cover(Due + (6 * Interval) + 100, _sent);

        Assert.Single(_sent.Adverts);
    }

    [Fact]
    public void After_a_withdrawal_nothing_is_said()
    {
        _beat.Promise(Due, 150, Source, 3);
        _beat.Withdraw();

        _beat.Cover(Due + (2 * Interval), _sent);

        Assert.Empty(_sent.Adverts);
        Assert.Equal(long.MaxValue, _beat.NextLook);
        Assert.True(_beat.Promise(Due, 150, Source, 3));
    }

    [Fact]
    public void What_the_loop_said_last_is_what_is_said()
    {
        _beat.Promise(Due, 150, Source, 3);
        Assert.True(_beat.Promise(Due, 120, Source, 4));

        _beat.Cover(Due + Interval, _sent);

        Assert.Equal([(120, Source, 4)], _sent.Adverts);
    }

    /// <summary>A loop that resigns all the time, and a thread that stands in: no advert follows a resignation.
    /// </summary>
    [Fact]
    public async Task No_advert_is_said_after_the_withdrawal_whatever_the_threads_do()
    {
        // Without a bound: here the other thread has no priority, and may be away for long.
        var beat = new AdvertBeat(_beat.Rules, int.MaxValue);
        bool isOver = false;
        long now = Due;
        Task standIn = Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    beat.Cover(Volatile.Read(ref now), _sent);
                }
            },
            TestContext.Current.CancellationToken);

        for (int round = 0; round < 20_000; round++)
        {
            _sent.IsForbidden = false;
            long due = Volatile.Read(ref now) + 1;
            beat.Promise(due, 150, Source, 3);
            Volatile.Write(ref now, due + Interval);
            Thread.SpinWait(round % 50);
            beat.Withdraw();
            _sent.IsForbidden = true;
            Thread.SpinWait(5);
        }

        Volatile.Write(ref isOver, true);
        await standIn;
        Assert.Equal(0, _sent.Forbidden);
        Assert.True(beat.Covered > 0, "nothing was covered, so nothing was tried");
    }

    private sealed class Recording : IAdvertSender
    {
        private volatile bool _isForbidden;

        public List<(int Priority, NetAddress Source, int Link)> Adverts { get; } = [];

        public bool IsForbidden
        {
            set => _isForbidden = value;
        }

        public int Forbidden { get; private set; }

        public bool Send(VrrpRules rules, byte priority, NetAddress source, int link)
        {
            Forbidden += _isForbidden ? 1 : 0;
            Adverts.Add((priority, source, link));
            return true;
        }
    }
}
