using System.Diagnostics.CodeAnalysis;

namespace Proxy.Cluster.Engine;

/// <summary>What was asked for, or why not.</summary>
internal readonly struct EngineResult<T>
{
    private readonly T _value;

    private EngineResult(T value, EngineFault? fault) => (_value, Fault) = (value, fault);

    /// <summary>Null after success.</summary>
    public EngineFault? Fault { get; }

    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsOk => Fault is null;

    public T Value =>
        Fault is null ? _value : throw new InvalidOperationException($"{Fault.Kind}: {Fault.Reason}");

    public static implicit operator EngineResult<T>(T value) => new(value, null);

    public static implicit operator EngineResult<T>(EngineFault fault) => new(default!, fault); // Value throws then.

    public override string ToString() => Fault is null ? $"{_value}" : $"{Fault.Kind}: {Fault.Reason}";
}
