namespace Proxy.Edge.Telemetry;

/// <summary>Owns what all loops count, and what the access log's writer thread counts.</summary>
public sealed class EdgeTelemetry
{
    private readonly LoopTelemetry[] _loops;

    public EdgeTelemetry(int loops)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loops, 1);
        _loops = new LoopTelemetry[loops];
        for (int i = 0; i < loops; i++)
        {
            _loops[i] = new LoopTelemetry();
        }
    }

    public IReadOnlyList<LoopTelemetry> Loops => _loops;

    public AccessLogCounters AccessLog { get; } = new();

    /// <summary>The part of one loop; that loop alone writes to it.</summary>
    public LoopTelemetry Loop(int index) => _loops[index];
}

/// <summary>What the access log's writer thread counts.</summary>
public sealed class AccessLogCounters
{
#pragma warning disable CA1051 // Fields, not properties: the writer increments them in place.
    public long BytesWritten;

    /// <summary>Failed attempts to write, rotate or reopen a file.</summary>
    public long Errors;
    public long Rotations;
#pragma warning restore CA1051
}
