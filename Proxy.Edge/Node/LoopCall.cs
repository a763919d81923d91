using Proxy.Edge.Engine;

namespace Proxy.Edge.Node;

/// <summary>Runs a function on a loop's thread and hands its result back; for the control plane, never per
/// request.</summary>
internal sealed class LoopCall<T>(Func<T> function) : ILoopTask
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Result => _result.Task;

    public void Run()
    {
        try
        {
            _result.SetResult(function());
        }
        catch (Exception error)
        {
            _result.SetException(error);
        }
    }
}
