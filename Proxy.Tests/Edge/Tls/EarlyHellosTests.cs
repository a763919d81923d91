using Proxy.Edge.Tls;

namespace Proxy.Tests.Edge.Tls;

public sealed class EarlyHellosTests
{
    private readonly EarlyHellos _hellos = new();

    [Fact]
    public void A_copy_is_known_as_long_as_OpenSSL_would_believe_it()
    {
        // Just before a turn of the generations is the worst moment to have come.
        Assert.True(_hellos.IsFirst(7, EarlyHellos.Window));
        Assert.True(_hellos.IsFirst(1, (2 * EarlyHellos.Window) - 1));

        Assert.False(_hellos.IsFirst(1, 2 * EarlyHellos.Window));
        Assert.False(_hellos.IsFirst(1, (3 * EarlyHellos.Window) - 2));
    }

    [Fact]
    public void It_is_forgotten_at_last()
    {
        Assert.True(_hellos.IsFirst(1, 0));
        Assert.True(_hellos.IsFirst(1, 2 * EarlyHellos.Window));
    }

    [Fact]
    public void When_there_is_no_place_left_none_is_first_until_the_window_is_over()
    {
        // They differ in the name only, so all of them have the same few places.
        int taken = Enumerable.Range(0, 1000).Count(i => _hellos.IsFirst((UInt128)i, 0));

        Assert.InRange(taken, 8, 100);
        Assert.False(_hellos.IsFirst(1000, EarlyHellos.Window));
        Assert.True(_hellos.IsFirst(1000, 2 * EarlyHellos.Window));
    }

    [Fact]
    public void Thousands_of_different_hellos_are_all_first_and_their_copies_are_not()
    {
        var random = new Random(11);
        UInt128[] hellos = [.. Enumerable.Range(0, 20_000).Select(_ => new UInt128(
            (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64()))];

        Assert.InRange(hellos.Count(hello => _hellos.IsFirst(hello, 0)), 19_990, 20_000);
        Assert.Equal(0, hellos.Count(hello => _hellos.IsFirst(hello, 1)));
    }

    [Fact]
    public void Keys_from_elsewhere_make_every_hello_doubtful_for_a_while()
    {
        var keys = new TlsTicketKeys();
        keys.Import(new TlsTicketKeys().Export());

        Assert.False(keys.EarlyHellos.IsFirst(1, 1000));
        Assert.False(keys.EarlyHellos.IsFirst(2, 999 + EarlyHellos.Window));
        Assert.True(keys.EarlyHellos.IsFirst(3, 1000 + EarlyHellos.Window));
    }

    [Fact]
    public void Threads_that_see_a_copy_at_once_let_one_of_them_in()
    {
        int first = 0;
        Parallel.For(0, 64, _ =>
        {
            if (_hellos.IsFirst(42, 5))
            {
                Interlocked.Increment(ref first);
            }
        });

        Assert.Equal(1, first);
    }
}
