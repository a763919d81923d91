using Microsoft.Win32.SafeHandles;
using Proxy.Edge.Os;

namespace Proxy.Edge.Telemetry;

/// <summary>The file (or standard output) behind access logs, with rotation by size. A failure (disk full, directory
/// gone) is counted, told once, and the write is tried again later; it never throws. Used by one thread at a
/// time.</summary>
internal sealed class AccessLogFile : IDisposable
{
    /// <summary>Path that means standard output.</summary>
    public const string StandardOutput = "-";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly string _path;
    private readonly AccessLogCounters _counters;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly Stream? _output;
    private readonly long _rotateBytes;
    private readonly int _keepFiles;
    private SafeFileHandle? _handle;
    private long _length;
    private long _failedAt;
    private bool _rotationFailed;

    private AccessLogFile(
        string path, Stream? output, long rotateBytes, int keepFiles, AccessLogCounters counters, TimeProvider time,
        Action<string> report)
    {
        _path = path;
        _output = output;
        _rotateBytes = rotateBytes;
        _keepFiles = keepFiles;
        _counters = counters;
        _time = time;
        _report = report;
    }

    /// <summary>The last attempt failed and the next one is not due yet.</summary>
    public bool IsWaiting => IsFailing && _time.GetElapsedTime(_failedAt) < RetryAfter;

    public bool IsFailing { get; private set; }

    /// <summary>Null with a message when the file cannot be opened.</summary>
    public static AccessLogFile? Open(
        string path, long rotateBytes, int keepFiles, AccessLogCounters counters, TimeProvider time,
        Action<string> report, out string? error)
    {
        bool isOutput = path == StandardOutput;
        Stream? output = isOutput ? Console.OpenStandardOutput() : null;
        var file = new AccessLogFile(path, output, isOutput ? 0 : rotateBytes, keepFiles, counters, time, report);
        error = isOutput ? null : file.TryOpen();
        return error is null ? file : null;
    }

    /// <summary>Writes as many of these whole lines as possible and returns their bytes; fewer than given means
    /// trouble, or (with IsFailing unset) that the file was rotated and the rest should be given again.</summary>
    public int Write(ReadOnlySpan<byte> lines)
    {
        try
        {
            if (_output is not null)
            {
                _output.Write(lines);
                _counters.BytesWritten += lines.Length;
                Recover();
                return lines.Length;
            }

            lines = FitBeforeRotation(lines);
            return WriteToFile(lines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail($"cannot write: {e.Message}");
            return 0;
        }
    }

    /// <summary>Opens the path anew, because somebody renamed the file. The old file stays in use when that
    /// fails.</summary>
    public void Reopen()
    {
        _rotationFailed = false;
        if (_output is null && TryOpen() is string error)
        {
            Fail($"cannot reopen: {error}");
        }
    }

    public void Dispose() => _handle?.Dispose();

    private string? TryOpen()
    {
        SafeFileHandle? handle = AppendFile.Open(_path, out string? error);
        if (handle is null)
        {
            return $"{_path}: {error}";
        }

        _handle?.Dispose();
        _handle = handle;
        try
        {
            _length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException)
        {
            _length = 0; // a named pipe has no length
        }

        return null;
    }

    private int WriteToFile(ReadOnlySpan<byte> lines)
    {
        if (_handle is null && TryOpen() is string error)
        {
            Fail($"cannot open: {error}");
            return 0;
        }

        try
        {
            RandomAccess.Write(_handle!, lines, _length); // not null: just opened. O_APPEND makes the offset irrelevant
        }
        catch (IOException e)
        {
            int written = WrittenBeforeFailure(lines.Length);
            Fail($"cannot write: {e.Message}");
            return written;
        }

        _length += lines.Length;
        _counters.BytesWritten += lines.Length;
        Recover();
        return lines.Length;
    }

    // A full disk takes the first part of a write. What it took must not be written again.
    private int WrittenBeforeFailure(int attempted)
    {
        long now = RandomAccess.GetLength(_handle!); // not null: it was just written to
        int written = (int)Math.Clamp(now - _length, 0, attempted);
        _length += written;
        _counters.BytesWritten += written;
        return written;
    }

    // Rotates when the file is full, and returns the lines that belong into the current file.
    private ReadOnlySpan<byte> FitBeforeRotation(ReadOnlySpan<byte> lines)
    {
        if (_rotateBytes <= 0 || _rotationFailed || _length + lines.Length <= _rotateBytes)
        {
            return lines;
        }

        int cut = LinesWithin(lines, _rotateBytes - _length);
        if (cut == 0 && _length > 0)
        {
            Rotate();
            cut = LinesWithin(lines, _rotateBytes - _length);
        }

        // A single line above the limit gets a file of its own.
        return cut > 0 ? lines[..cut] : lines[..(lines.IndexOf((byte)'\n') + 1)];
    }

    private static int LinesWithin(ReadOnlySpan<byte> lines, long room) =>
        room <= 0 ? 0 : lines[..(int)Math.Min(room, lines.Length)].LastIndexOf((byte)'\n') + 1;

    // name -> name.1 -> name.2 ... ; the file beyond the number kept goes.
    private void Rotate()
    {
        try
        {
            for (int i = _keepFiles - 1; i >= 1; i--)
            {
                if (File.Exists($"{_path}.{i}"))
                {
                    File.Move($"{_path}.{i}", $"{_path}.{i + 1}", overwrite: true);
                }
            }

            if (_keepFiles > 0)
            {
                File.Move(_path, $"{_path}.1", overwrite: true);
            }
            else
            {
                File.Delete(_path);
            }

            _counters.Rotations++;
            if (TryOpen() is string error)
            {
                Fail($"cannot open: {error}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One big file is better than none, so the log goes on without rotation until it is reopened.
            _rotationFailed = true;
            _counters.Errors++;
            _report($"access log {_path}: cannot rotate, the file grows on: {e.Message}");
        }
    }

    private void Fail(string message)
    {
        _counters.Errors++;
        _failedAt = _time.GetTimestamp();
        if (!IsFailing)
        {
            IsFailing = true;
            _report($"access log {_path}: {message}");
        }
    }

    private void Recover()
    {
        if (IsFailing)
        {
            IsFailing = false;
            _report($"access log {_path}: writing again");
        }
    }
}
