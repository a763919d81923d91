using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;

namespace Proxy.Tests.Edge.Telemetry;

public sealed class AccessLogWriterTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("proxy-log-");
    private readonly EdgeTelemetry _telemetry = new(loops: 2);
    private readonly List<string> _reports = [];
    private readonly HandClock _clock = new();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Records_of_all_loops_reach_the_file_by_the_end()
    {
        var writer = new AccessLogWriter(_telemetry, new AccessLogWriterOptions { Zone = TimeZoneInfo.Utc });
        AccessLog log = Open(writer, "%U", "a.log");
        writer.Start();
        Append(log, 0, "/x", times: 1000);
        Append(log, 1, "/y", times: 500);

        await writer.DisposeAsync();

        string[] lines = Lines("a.log");
        Assert.Equal(1000, lines.Count(line => line == "/x"));
        Assert.Equal(500, lines.Count(line => line == "/y"));
        Assert.Equal(1000, _telemetry.Loop(0).Counters.AccessLogRecords);
        Assert.Equal(4500, _telemetry.AccessLog.BytesWritten);
    }

    [Fact]
    public async Task The_thread_writes_without_being_told_to()
    {
        await using var writer = new AccessLogWriter(_telemetry);
        AccessLog log = Open(writer, "%U", "a.log");
        writer.Start();

        Append(log, 0, "/first");

        for (int i = 0; i < 200 && Lines("a.log").Length == 0; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["/first"], Lines("a.log"));
    }

    [Fact]
    public async Task An_existing_file_is_appended_to_even_after_somebody_truncates_it()
    {
        await File.WriteAllTextAsync(Path("a.log"), "old\n", TestContext.Current.CancellationToken);
        await using AccessLogWriter writer = Writer();
        AccessLog log = Open(writer, "%U", "a.log");
        Append(log, 0, "/one");
        writer.Drain();
        Assert.Equal(["old", "/one"], Lines("a.log"));

        await File.WriteAllTextAsync(Path("a.log"), "", TestContext.Current.CancellationToken);
        Append(log, 0, "/two");
        writer.Drain();

        Assert.Equal(["/two"], Lines("a.log"));
    }

    [Fact]
    public async Task Reopen_writes_to_a_new_file_after_a_rename()
    {
        await using AccessLogWriter writer = Writer();
        AccessLog log = Open(writer, "%U", "a.log");
        Append(log, 0, "/one");
        writer.Drain();
        File.Move(Path("a.log"), Path("moved.log"));
        Append(log, 0, "/two");
        writer.Drain();

        writer.Reopen();
        Append(log, 0, "/three");
        writer.Drain();

        Assert.Equal(["/one", "/two"], Lines("moved.log"));
        Assert.Equal(["/three"], Lines("a.log"));
    }

    [Fact]
    public async Task Rotation_by_size_keeps_the_files_small_and_few()
    {
        await using AccessLogWriter writer = Writer();
        AccessLog log = Open(writer, "%U", "a.log", rotateBytes: 100, keepFiles: 2);
        for (int i = 0; i < 50; i++)
        {
            Append(log, 0, $"/line-{i:00}"); // nine bytes with the line feed, eleven in a file
        }

        writer.Drain();

        string[] files = [.. _directory.EnumerateFiles().Select(file => file.Name).Order()];
        Assert.Equal(["a.log", "a.log.1", "a.log.2"], files);
        Assert.Equal(11, Lines("a.log.1").Length);
        string[] kept = [.. Lines("a.log.2"), .. Lines("a.log.1"), .. Lines("a.log")];
        Assert.Equal("/line-49", kept[^1]);
        Assert.Equal(Enumerable.Range(50 - kept.Length, kept.Length).Select(i => $"/line-{i:00}"), kept);
        Assert.Equal(4, _telemetry.AccessLog.Rotations);
    }

    [Fact]
    public async Task A_line_above_the_rotation_size_gets_a_file_of_its_own()
    {
        await using AccessLogWriter writer = Writer();
        AccessLog log = Open(writer, "%U", "a.log", rotateBytes: 10, keepFiles: 5);
        Append(log, 0, "/a");
        Append(log, 0, "/" + new string('x', 40));
        Append(log, 0, "/b");

        writer.Drain();

        Assert.Equal(["/a"], Lines("a.log.2"));
        Assert.Equal(42, new FileInfo(Path("a.log.1")).Length);
        Assert.Equal(["/b"], Lines("a.log"));
    }

    [Fact]
    public async Task A_full_disk_is_counted_told_once_and_tried_again()
    {
        await using AccessLogWriter writer = Writer();
        Assert.True(writer.TryOpen(new AccessLogPlan("%U", "/dev/full"), out AccessLog? log, out string? error), error);
        Append(log, 0, "/one");

        writer.Drain();
        writer.Drain();
        Assert.Equal(1, _telemetry.AccessLog.Errors);

        _clock.Advance(TimeSpan.FromSeconds(2));
        writer.Drain();

        Assert.Equal(2, _telemetry.AccessLog.Errors);
        Assert.Single(_reports);
        Assert.Contains("/dev/full", _reports[0], StringComparison.Ordinal);
        Assert.False(log.Channel(0).IsEmpty);
    }

    [Fact]
    public async Task While_the_disk_is_full_loops_drop_and_count_and_never_wait()
    {
        await using AccessLogWriter writer = Writer();
        Assert.True(writer.TryOpen(new AccessLogPlan("%U", "/dev/full"), out AccessLog? log, out string? error), error);

        Append(log, 0, "/" + new string('x', 1000), times: 500);
        writer.Drain();
        Append(log, 0, "/y");

        Assert.True(_telemetry.Loop(0).Counters.AccessLogDrops > 300);
    }

    [Fact]
    public async Task Equal_plans_share_a_log_and_equal_paths_a_file()
    {
        await using AccessLogWriter writer = Writer();
        AccessLog first = Open(writer, "%U", "a.log");
        AccessLog same = Open(writer, "%U", "a.log");
        AccessLog other = Open(writer, "%m", "a.log");

        Append(first, 0, "/x");
        Append(other, 0, "/x");
        writer.Drain();

        Assert.Same(first, same);
        Assert.NotSame(first, other);
        Assert.Equal(["/x", "GET"], Lines("a.log"));
    }

    [Fact]
    public async Task A_retired_log_is_written_out_and_then_drops()
    {
        await using AccessLogWriter writer = Writer();
        AccessLog log = Open(writer, "%U", "a.log");
        Open(writer, "%U", "a.log");
        Append(log, 0, "/one");
        writer.Retire(log);
        writer.Drain();
        Append(log, 0, "/still-used-by-one");
        writer.Retire(log);
        writer.Drain();

        Append(log, 0, "/late");
        writer.Drain();

        Assert.Equal(["/one", "/still-used-by-one"], Lines("a.log"));
        Assert.Equal(1, _telemetry.Loop(0).Counters.AccessLogDrops);
        Assert.NotSame(log, Open(writer, "%U", "a.log"));
    }

    [Theory]
    [InlineData("%z", "a.log", "%z")]
    [InlineData("combined", "no/such/directory.log", "No such file")]
    public async Task What_cannot_be_opened_says_why(string format, string path, string expected)
    {
        await using AccessLogWriter writer = Writer();

        Assert.False(writer.TryOpen(new AccessLogPlan(format, Path(path)), out _, out string? error));

        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static void Append(AccessLog log, int loop, string target, int times = 1)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(target);
        for (int i = 0; i < times; i++)
        {
            log.Channel(loop).Append(new AccessRecord { Method = "GET"u8, Target = bytes });
        }
    }

    private AccessLogWriter Writer() => new(_telemetry, new AccessLogWriterOptions
    {
        RingBytes = 2 * AccessLogFormat.MaxLineBytes,
        Zone = TimeZoneInfo.Utc,
        Time = _clock,
        Report = _reports.Add,
    });

    private AccessLog Open(AccessLogWriter writer, string format, string name, long rotateBytes = 0, int keepFiles = 5)
    {
        var plan = new AccessLogPlan(format, Path(name), rotateBytes, keepFiles);
        Assert.True(writer.TryOpen(plan, out AccessLog? log, out string? error), error);
        return log;
    }

    private string Path(string name) => System.IO.Path.Combine(_directory.FullName, name);

    private string[] Lines(string name) => File.ReadAllLines(Path(name));

    // Timestamps by hand; timers are the system's, because only the stop uses one.
    private sealed class HandClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
