using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>Does what it is told at random and reports every call it gets. One object is one incarnation.</summary>
internal sealed class SwarmActor(IActorContext<SwarmOrder> context, SwarmRun run) : Actor<SwarmOrder>(context)
{
    private readonly List<IRef<SwarmOrder>> _children = [];
    private bool _inside;
    private bool _stopping;

    public string Path => Context.Self.Path;

    public int Ends { get; private set; }

    public HashSet<IRef> Watched { get; } = [];

    protected internal override void PreStart() => InTurn(() =>
    {
        if (Context.Random.Next(20) == 0)
        {
            throw SwarmRun.Wanted;
        }
    });

    protected internal override void Receive(SwarmOrder message) => InTurn(() =>
    {
        run.Handled++;
        run.Check(!_stopping, $"{Path} handled a message after StopSelf");
        Obey(message);
    });

    protected internal override void OnTerminated(Terminated terminated) => InTurn(() =>
    {
        run.Notices++;
        run.CheckNotice(this, terminated);
    });

    protected internal override void PostStop() => InTurn(() =>
    {
        run.CheckEnd(this);
        Ends++;
        if (Context.Random.Next(10) == 0)
        {
            throw SwarmRun.Wanted;
        }
    });

    private void InTurn(Action work)
    {
        run.Check(!_inside, $"two turns of {Path} overlap");
        run.Check(Ends == 0, $"{Path} was called after PostStop");
        _inside = true;
        try
        {
            work();
        }
        finally
        {
            _inside = false;
        }
    }

    private void Obey(SwarmOrder order)
    {
        switch (order)
        {
            case SwarmOrder.Work:
                run.Pick(run.Refs).Tell(SwarmOrder.Stash);
                break;
            case SwarmOrder.Spawn when run.HasRoom:
                _children.Add(Context.Spawn(run.Props(), $"c{run.Refs.Count}"));
                run.Refs.Add(_children[^1]);
                break;
            case SwarmOrder.Fail:
                throw SwarmRun.Wanted;
            case SwarmOrder.StopSelf:
                _stopping = true;
                Context.StopSelf();
                break;
            case SwarmOrder.StopChild when _children.Count > 0:
                Context.Stop(run.Pick(_children));
                break;
            case SwarmOrder.Watch or SwarmOrder.Unwatch:
                Look(order == SwarmOrder.Watch);
                break;
            case SwarmOrder.Timer:
                var period = TimeSpan.FromMilliseconds(1 + Context.Random.Next(300));
                var repeats = Context.Random.Next(2) == 0;
                Context.StartTimer(Context.Random.Next(2), SwarmOrder.Work, period, repeats ? period : null);
                break;
            case SwarmOrder.Pipe:
                Context.PipeToSelf(run.NewWork(), result => result.Value % 5 == 0 ? SwarmOrder.Fail : SwarmOrder.Watch);
                break;
            case SwarmOrder.Stash:
                Context.Stash(SwarmOrder.Watch);
                break;
            case SwarmOrder.Unstash:
                Context.UnstashAll();
                break;
        }
    }

    private void Look(bool watch)
    {
        var other = run.Pick(run.Refs);
        if (ReferenceEquals(other, Context.Self))
        {
            return;
        }

        if (watch)
        {
            Context.Watch(other);
            Watched.Add(other);
        }
        else
        {
            Context.Unwatch(other);
            Watched.Remove(other);
        }
    }
}
