using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>A message that says itself what to do in the actor's turn.</summary>
internal delegate void Script(ScriptedActor me);

/// <summary>Does what its messages say and writes its life into the journal.</summary>
internal sealed class ScriptedActor : Actor<Script>
{
    private readonly List<string> _journal;
    private readonly Action<ScriptedActor>? _preStart;
    private readonly Action<ScriptedActor>? _postStop;

    private ScriptedActor(
        IActorContext<Script> context,
        List<string> journal,
        Action<ScriptedActor>? preStart,
        Action<ScriptedActor>? postStop)
        : base(context)
    {
        _journal = journal;
        _preStart = preStart;
        _postStop = postStop;
    }

    public IActorContext<Script> Here => Context;

    public static Props<Script> Props(
        List<string> journal,
        Action<ScriptedActor>? preStart = null,
        Action<ScriptedActor>? postStop = null)
    {
        return new Props<Script>(context => new ScriptedActor(context, journal, preStart, postStop));
    }

    public static Script Note(string what) => me => me.Write(what);

    public static Script Throw(string why) => _ => throw new InvalidOperationException(why);

    public void Write(string what)
    {
        _journal.Add($"{Context.Self.Path["/user/".Length..]}: {what}");
    }

    protected internal override void PreStart()
    {
        Write("start");
        _preStart?.Invoke(this);
    }

    protected internal override void Receive(Script message) => message(this);

    protected internal override void OnTerminated(Terminated terminated)
    {
        Write($"gone {terminated.Ref.Path["/user/".Length..]} {terminated.Reason}");
    }

    protected internal override void PostStop()
    {
        Write("stop");
        _postStop?.Invoke(this);
    }
}
