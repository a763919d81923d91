namespace Proxy.Actors.Runtime;

/// <summary>
/// State that only its own turn touches. All members run one at a time, on whatever thread the dispatcher gives, and
/// must not block or await: work that waits goes through <see cref="IActorContext{TMsg}.PipeToSelf"/>.
/// </summary>
public abstract class Actor<TMsg>(IActorContext<TMsg> context)
{
    protected IActorContext<TMsg> Context { get; } = context;

    /// <summary>First call of an incarnation. A failure here counts like one in <see cref="Receive"/>.</summary>
    protected internal virtual void PreStart()
    {
    }

    protected internal abstract void Receive(TMsg message);

    /// <summary>An actor watched by this one has stopped for good.</summary>
    protected internal virtual void OnTerminated(Terminated terminated)
    {
    }

    /// <summary>
    /// Last call of an incarnation, after its children are gone; runs on stop and before a restart. The context then
    /// only answers questions (self, time, random): it starts nothing any more.
    /// </summary>
    protected internal virtual void PostStop()
    {
    }
}
