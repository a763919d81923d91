using System.Diagnostics.CodeAnalysis;

namespace Proxy.Actors.Runtime;

/// <summary>A value, or the exception that came instead.</summary>
public readonly struct Result<T>
{
    private readonly T? _value;

    public Result(T value) => _value = value;

    public Result(Exception error) => Error = error;

    public Exception? Error { get; }

    /// <summary>Throws when there is no value.</summary>
    public T Value => Error is null
        ? _value!
        : throw new InvalidOperationException("There is no value: the work failed.", Error);

    public bool TryGetValue([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return Error is null;
    }
}
