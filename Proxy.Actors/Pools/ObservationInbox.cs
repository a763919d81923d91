using System.Collections.Concurrent;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Hands what the loops observed over to the members' actors. Never blocks; when a member's actor cannot keep up, the
/// surplus is dropped and counted: of a thousand refused connections the first few say it all.</summary>
public sealed class ObservationInbox : IObservationSink
{
    /// <summary>Observations of one member under way, above which more are dropped.</summary>
    public const int MaxWaiting = 256;

    private readonly ConcurrentDictionary<MemberState, ObservationLine> _lines = new();
    private long _dropped;

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Observe(in Observation observation)
    {
        if (!_lines.TryGetValue(observation.Member, out ObservationLine? line) || !line.TryEnter())
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        if (line.Target.Tell(new BackendMessage.Observed(line, observation.Outcome, observation.Status))
            != TellResult.Accepted)
        {
            line.Leave();
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>From now on observations of the member go to this actor.</summary>
    internal ObservationLine Attach(MemberState member, IRef<BackendMessage> actor)
    {
        var line = new ObservationLine(actor);
        _lines[member] = line;
        return line;
    }

    /// <summary>Leaves the line of a successor alone.</summary>
    internal void Detach(MemberState member, ObservationLine line) => _lines.TryRemove(KeyValuePair.Create(member, line));
}

/// <summary>The way to one incarnation of a member's actor, with the number of observations on it.</summary>
internal sealed class ObservationLine(IRef<BackendMessage> target)
{
    private int _waiting;

    public IRef<BackendMessage> Target { get; } = target;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _waiting) <= ObservationInbox.MaxWaiting)
        {
            return true;
        }

        Interlocked.Decrement(ref _waiting);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _waiting);
}
