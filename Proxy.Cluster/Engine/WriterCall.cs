namespace Proxy.Cluster.Engine;

/// <summary>One call on its way through a <see cref="WriterQueue{TTurn}"/>.</summary>
internal abstract class WriterCall<TTurn>
{
    private int _taken;

    /// <summary>True for the first who asks: the writer that carries it out, or the caller that gives up. Afterwards
    /// the other side knows that the call did or did not happen.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <summary>Writer's thread. The result is kept back until the turn is on disk.</summary>
    public abstract void CarryOut(TTurn turn);

    public abstract void Answer();

    public abstract void Fail(EngineFault fault);
}

internal sealed class WriterCall<TTurn, T>(Func<TTurn, EngineResult<T>> work) : WriterCall<TTurn>
{
    private readonly TaskCompletionSource<EngineResult<T>> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EngineResult<T> _result;

    public Task<EngineResult<T>> Result => _answer.Task;

    public override void CarryOut(TTurn turn) => _result = work(turn);

    public override void Answer() => _answer.TrySetResult(_result);

    public override void Fail(EngineFault fault) => _answer.TrySetResult(fault);
}
