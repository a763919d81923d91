using System.Diagnostics.CodeAnalysis;
using Proxy.Edge.Snapshot;

namespace Proxy.Edge.Telemetry;

/// <summary>Settings of the writer; the defaults are right outside tests.</summary>
public sealed record AccessLogWriterOptions
{
    /// <summary>Bytes that may wait per loop and log; twice the longest line (128 KB) at least. 1 MB is 40 ms of
    /// 100,000 requests per second.</summary>
    public int RingBytes { get; init; } = 1024 * 1024;

    /// <summary>How long records gather before they are written.</summary>
    public TimeSpan Batch { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the end of the process may wait for the last records.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Zone of local time stamps.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told once when a file fails and once when it works again; called on the writer's thread.</summary>
    public Action<string> Report { get; init; } = _ => { };
}

/// <summary>Writes all access logs of the process on one thread of its own, so that a slow disk never holds up a
/// loop.</summary>
public sealed class AccessLogWriter : IAsyncDisposable
{
    private readonly EdgeTelemetry _telemetry;
    private readonly AccessLogWriterOptions _options;
    private readonly WriterWakeUp _wakeUp = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Both change under the gate. The thread takes the array as it is at the start of a pass.
    private readonly Dictionary<string, AccessLogFile> _files = new(StringComparer.Ordinal);
    private AccessLog[] _logs = [];
    private bool _started;
    private bool _stopping;
    private bool _reopen;

    public AccessLogWriter(EdgeTelemetry telemetry, AccessLogWriterOptions? options = null)
    {
        _telemetry = telemetry;
        _options = options ?? new AccessLogWriterOptions();
    }

    public void Start()
    {
        _started = true;
        new Thread(Run) { Name = "access-log", IsBackground = true }.Start();
    }

    /// <summary>Opens a log, or finds the one that is open for an equal plan. False with a message when the format is
    /// wrong or the file cannot be opened. Logs with the same path share the file, with the rotation of the first.
    /// Any thread.</summary>
    public bool TryOpen(
        AccessLogPlan plan, [NotNullWhen(true)] out AccessLog? log, [NotNullWhen(false)] out string? error)
    {
        log = null;
        if (!AccessLogFormat.TryParse(plan.Format, out AccessLogFormat? format, out error))
        {
            return false;
        }

        lock (_gate)
        {
            log = Array.Find(_logs, open => open.Plan == plan && open.Users > 0);
            if (log is null)
            {
                if (!_files.TryGetValue(plan.Path, out AccessLogFile? file))
                {
                    file = AccessLogFile.Open(
                        plan.Path, plan.RotateBytes, plan.KeepFiles, _telemetry.AccessLog, _options.Time,
                        _options.Report, out error);
                    if (file is null)
                    {
                        error ??= plan.Path;
                        return false;
                    }

                    _files.Add(plan.Path, file);
                }

                log = new AccessLog(plan, file, Channels(format));
                _logs = [.. _logs, log];
            }

            log.Users++;
        }

        return true;
    }

    /// <summary>The opposite of <see cref="TryOpen"/>: once all who opened the log have retired it and it is empty,
    /// it goes; records appended after that are dropped. Any thread.</summary>
    public void Retire(AccessLog log)
    {
        lock (_gate)
        {
            log.Users--;
        }
    }

    /// <summary>Opens all files anew, after somebody renamed them (logrotate). Any thread.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopen, true);
        _wakeUp.Force();
    }

    /// <summary>Writes what is left, but waits no longer than <see cref="AccessLogWriterOptions.StopTimeout"/>. The
    /// loops must have stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _stopping, true);
        _wakeUp.Force();
        if (!_started)
        {
            Finish();
        }

        try
        {
            await _ended.Task.WaitAsync(_options.StopTimeout, _options.Time);
        }
        catch (TimeoutException)
        {
            // A disk or pipe that does not answer; the thread is a background one and ends with the process.
            _options.Report("access log: records were lost because the last write did not end in time");
        }
    }

    /// <summary>One pass over all logs. True when something was written. The writer's thread, or a test without
    /// it.</summary>
    internal bool Drain()
    {
        if (Volatile.Read(ref _reopen))
        {
            Volatile.Write(ref _reopen, false);
            ReopenFiles();
        }

        bool wrote = false;
        foreach (AccessLog log in Volatile.Read(ref _logs))
        {
            if (!log.File.IsWaiting)
            {
                wrote |= DrainLog(log);
            }
        }

        RemoveRetired();
        return wrote;
    }

    // No more than a ring per channel, so that a busy one does not keep the others waiting.
    private bool DrainLog(AccessLog log)
    {
        bool wrote = false;
        foreach (AccessLogChannel channel in log.Channels)
        {
            ReadOnlySpan<byte> lines = channel.Peek();
            int budget = _options.RingBytes;
            while (!lines.IsEmpty && budget > 0)
            {
                int written = log.File.Write(lines);
                budget -= written;
                channel.Advance(written);
                wrote |= written > 0;
                if (log.File.IsFailing)
                {
                    return wrote;
                }

                lines = channel.Peek();
            }
        }

        return wrote;
    }

    private AccessLogChannel[] Channels(AccessLogFormat format)
    {
        var channels = new AccessLogChannel[_telemetry.Loops.Count];
        for (int i = 0; i < channels.Length; i++)
        {
            LoopCounters counters = _telemetry.Loop(i).Counters;
            channels[i] = new AccessLogChannel(format, _options.Zone, counters, _wakeUp, _options.RingBytes);
        }

        return channels;
    }

    private void ReopenFiles()
    {
        lock (_gate)
        {
            foreach (AccessLogFile file in _files.Values)
            {
                file.Reopen();
            }
        }
    }

    private void RemoveRetired()
    {
        foreach (AccessLog log in Volatile.Read(ref _logs))
        {
            if (log.Users == 0)
            {
                Remove(log);
            }
        }
    }

    private void Remove(AccessLog log)
    {
        foreach (AccessLogChannel channel in log.Channels)
        {
            channel.Close();
        }

        DrainLog(log);
        lock (_gate)
        {
            _logs = Array.FindAll(_logs, other => other != log);
            if (!Array.Exists(_logs, other => other.File == log.File))
            {
                _files.Remove(log.Plan.Path);
                log.File.Dispose();
            }
        }
    }

    private void Run()
    {
        while (!Volatile.Read(ref _stopping))
        {
            bool wrote = Drain();
            if (Array.Exists(Volatile.Read(ref _logs), log => log.File.IsFailing))
            {
                _wakeUp.Pause(_options.Batch);
            }
            else if (wrote)
            {
                _wakeUp.Collect(_options.Batch);
            }
            else
            {
                _wakeUp.Sleep();
            }
        }

        Finish();
    }

    private void Finish()
    {
        Drain();
        lock (_gate)
        {
            foreach (AccessLogFile file in _files.Values)
            {
                file.Dispose();
            }
        }

        _ended.TrySetResult();
    }
}
