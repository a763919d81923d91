using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

public sealed class HoconUnitsTests
{
    [Theory]
    [InlineData("5", 50_000)]
    [InlineData("\"5\"", 50_000)]
    [InlineData("0", 0)]
    [InlineData("100 ns", 1)]
    [InlineData("250nanos", 2)]
    [InlineData("1 us", 10)]
    [InlineData("3 micros", 30)]
    [InlineData("2ms", 20_000)]
    [InlineData("2 milliseconds", 20_000)]
    [InlineData("1.5s", 15_000_000)]
    [InlineData("1 second", 10_000_000)]
    [InlineData("\" 2 minutes \"", 1_200_000_000)]
    [InlineData("2m", 1_200_000_000)]
    [InlineData("1h", 36_000_000_000)]
    [InlineData("7 d", 6_048_000_000_000)]
    [InlineData("-1s", -10_000_000)]
    [InlineData("1e3 ms", 10_000_000)]
    public void Reads_durations(string text, long ticks)
    {
        Assert.True(Value(text).TryDuration(out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("5 S")]
    [InlineData("5 fortnights")]
    [InlineData("s")]
    [InlineData("\"\"")]
    [InlineData("5 s 5")]
    [InlineData("5s1")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("1e30 d")]
    [InlineData("99999999999 d")]
    [InlineData("1e999 ms")]
    public void Refuses_what_is_no_duration(string text) => Assert.False(Value(text).TryDuration(out _));

    [Theory]
    [InlineData("7", 7L)]
    [InlineData("7B", 7L)]
    [InlineData("7 bytes", 7L)]
    [InlineData("1kB", 1000L)]
    [InlineData("2 kilobytes", 2000L)]
    [InlineData("1MB", 1_000_000L)]
    [InlineData("1 gigabyte", 1_000_000_000L)]
    [InlineData("1TB", 1_000_000_000_000L)]
    [InlineData("1PB", 1_000_000_000_000_000L)]
    [InlineData("1EB", 1_000_000_000_000_000_000L)]
    [InlineData("1K", 1024L)]
    [InlineData("1k", 1024L)]
    [InlineData("1Ki", 1024L)]
    [InlineData("1KiB", 1024L)]
    [InlineData("1 kibibyte", 1024L)]
    [InlineData("64m", 64L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("1t", 1L << 40)]
    [InlineData("1P", 1L << 50)]
    [InlineData("7E", 7L << 60)]
    [InlineData("1e", 1L << 60)]
    [InlineData("0.3 B", 0L)]
    public void Reads_sizes(string text, long expected)
    {
        Assert.True(Value(text).TryBytes(out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("8E")]
    [InlineData("1Z")]
    [InlineData("1 YB")]
    [InlineData("-1")]
    [InlineData("1KB")]
    [InlineData("1 mB")]
    [InlineData("K")]
    [InlineData("{}")]
    [InlineData("99999999999999999999999999999999999")]
    public void Refuses_what_is_no_size(string text) => Assert.False(Value(text).TryBytes(out _));

    [Fact]
    public void Reads_numbers_from_numbers_and_text()
    {
        Assert.True(Value("42").TryInt(out var i) && i == 42);
        Assert.True(Value("\"42\"").TryInt(out i) && i == 42);
        Assert.True(Value("1e3").TryLong(out var l) && l == 1000);
        Assert.True(Value("2.0").TryInt(out i) && i == 2);
        Assert.True(Value("-9223372036854775808").TryLong(out l) && l == long.MinValue);
        Assert.True(Value("2.5").TryDouble(out var d) && d == 2.5);
        Assert.False(Value("2.5").TryInt(out _));
        Assert.False(Value("2147483648").TryInt(out _));
        Assert.False(Value("9223372036854775808").TryLong(out _));
        Assert.False(Value("01").TryInt(out _));
        Assert.False(Value("x").TryDouble(out _));
        Assert.False(Value("1e999").TryDouble(out _));
        Assert.False(Value("NaN").TryDouble(out _));
        Assert.False(Value("true").TryInt(out _));
        Assert.False(Value("null").TryInt(out _));
    }

    [Theory]
    [InlineData("true", true, true)]
    [InlineData("yes", true, true)]
    [InlineData("on", true, true)]
    [InlineData("\"true\"", true, true)]
    [InlineData("false", true, false)]
    [InlineData("no", true, false)]
    [InlineData("off", true, false)]
    [InlineData("Yes", false, false)]
    [InlineData("1", false, false)]
    [InlineData("null", false, false)]
    public void Reads_booleans(string text, bool ok, bool flag)
    {
        Assert.Equal(ok, Value(text).TryBoolean(out var read));
        Assert.Equal(flag, read);
    }

    [Fact]
    public void Reads_text_from_scalars_only()
    {
        Assert.True(Value("1e5").TryString(out var text) && text == "1e5");
        Assert.True(Value("true").TryString(out text) && text == "true");
        Assert.False(Value("null").TryString(out _));
        Assert.False(Value("[]").TryString(out _));
    }

    [Fact]
    public void Reads_a_list_from_an_object_with_numeric_keys()
    {
        Assert.True(Value("""{ "10" = c, "2" = b, x = ignored, "0" = a, "-1" = ignored }""").TryList(out var items));
        Assert.Equal(["a", "b", "c"], items.Select(item => ((HoconScalar)item).Text));
        Assert.True(Value("[]").TryList(out items) && items.Count == 0);
        Assert.False(Value("{}").TryList(out _));
        Assert.False(Value("{ x = 1 }").TryList(out _));
        Assert.False(Value("x").TryList(out _));
    }

    [Fact]
    public void Looks_paths_up()
    {
        var root = HoconDocument.Parse("a { b { \"c.d\" = 1 }, \"\" = 2 }", "f", HoconVectors.Closed).Root!;

        Assert.Equal("1", ((HoconScalar)root.Get("a.b.\"c.d\"")!).Text);
        Assert.Equal("2", ((HoconScalar)root.Get("a.\"\"")!).Text);
        Assert.Null(root.Get("a.b.c"));
        Assert.Null(root.Get("a.b.\"c.d\".e"));
        Assert.Throws<ArgumentException>(() => root.Get("a..b"));
        Assert.Throws<ArgumentException>(() => root.Get("a{"));
    }

    [Fact]
    public void Lays_one_object_over_another()
    {
        var upper = HoconDocument.Parse("a { x = 1 }, c = 5", "f", HoconVectors.Closed).Root!;
        var lower = HoconDocument.Parse("a { x = 0, y = 2 }, b = [1], c { z = 1 }", "f", HoconVectors.Closed).Root!;

        Assert.Equal("""{"a":{"x":1,"y":2},"b":[1],"c":5}""", HoconJson.Write(upper.WithFallback(lower)));
    }

    private static HoconValue Value(string text) =>
        HoconDocument.Parse($"v = {text}", "test.conf", HoconVectors.Closed).Root!.Get("v")!;
}
