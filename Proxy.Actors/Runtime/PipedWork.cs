using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Proxy.Actors.Runtime;

/// <summary>Carries the outcome of asynchronous work into the turn of the incarnation that started it.</summary>
internal sealed class PipedWork<TMsg, T>(Incarnation<TMsg> owner, ValueTask<T> work, Func<Result<T>, TMsg> map)
    : OwnedSignal<TMsg>(owner)
{
    private readonly ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter _work =
        work.ConfigureAwait(false).GetAwaiter();

    private Result<T> _result;

    public void Begin()
    {
        if (_work.IsCompleted)
        {
            Completed();
        }
        else
        {
            _work.UnsafeOnCompleted(Completed);
        }
    }

    public override bool TryTake([MaybeNullWhen(false)] out TMsg message)
    {
        message = map(_result);
        return true;
    }

    private void Completed()
    {
        try
        {
            _result = new Result<T>(_work.GetResult());
        }
        catch (Exception error)
        {
            _result = new Result<T>(error);
        }

        Owner.Post(this);
    }
}
