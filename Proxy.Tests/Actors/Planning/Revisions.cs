using Proxy.Actors.Planning;
using Proxy.Tests.Actors.Config;

namespace Proxy.Tests.Actors.Planning;

/// <summary>Plans one text after the other, as reloads of a file do.</summary>
internal sealed class Revisions
{
    public LiveRegistry Live { get; } = new(loops: 2);

    public PlannedRevision Current { get; private set; } = PlannedRevision.None;

    public PlannedRevision Next(string text)
    {
        Current = SnapshotPlanner.Plan(ConfigText.Good(text), Live, Current);
        Live.Retain(Current.Snapshot);
        return Current;
    }
}
