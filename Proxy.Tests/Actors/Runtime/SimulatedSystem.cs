using Proxy.Actors.Runtime;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>An actor system on the deterministic dispatcher, with its journal and what it reported.</summary>
internal sealed class SimulatedSystem : IActorEvents
{
    public SimulatedSystem(int seed = 1)
    {
        Sim = new SimDispatcher(seed);
        System = new ActorSystem(Sim, this);
    }

    public SimDispatcher Sim { get; }

    public ActorSystem System { get; }

    public List<string> Journal { get; } = [];

    public List<string> Reports { get; } = [];

    public List<TimeSpan> Delays { get; } = [];

    public IRef<Script> Spawn(string name, Func<Props<Script>, Props<Script>>? with = null)
    {
        var props = ScriptedActor.Props(Journal);
        var actor = System.Spawn(with is null ? props : with(props), name);
        Sim.RunUntilIdle();
        return actor;
    }

    /// <summary>Tells and lets everybody come to rest.</summary>
    public void Do(IRef<Script> actor, Script script)
    {
        Assert.Equal(TellResult.Accepted, actor.Tell(script));
        Sim.RunUntilIdle();
    }

    public void Failed(string path, Exception error, Directive directive)
    {
        Reports.Add($"failed {path} {error.Message} {directive}");
    }

    public void Restarting(string path, int restartsInARow, TimeSpan delay)
    {
        Reports.Add($"restarting {path} {restartsInARow}");
        Delays.Add(delay);
    }

    public void Restarted(string path) => Reports.Add($"restarted {path}");

    public void Stopped(string path, TerminationReason reason) => Reports.Add($"stopped {path} {reason}");

    public void DeadLettered(in DeadLetter letter, long suppressed) => Reports.Add($"dead {letter.Path} {suppressed}");

    public void MailboxOverflowed(string path, MailboxOverflow policy, long lost)
    {
        Reports.Add($"overflow {path} {policy} {lost}");
    }

    public void ShutdownTaskFailed(string phase, string task, Exception error)
    {
        Reports.Add($"shutdown {phase} {task} {error.GetType().Name}");
    }
}
