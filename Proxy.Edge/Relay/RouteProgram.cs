using System.Text;
using Proxy.Edge.Affinity;
using Proxy.Edge.Http;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>A route as one loop runs it: the plan with everything compiled. Immutable once built.</summary>
public sealed class RouteProgram
{
    private readonly byte[][] _upgrades;

    public RouteProgram(RoutePlan plan, LoopPool? pool)
    {
        Plan = plan;
        Pool = pool;
        Name = Encoding.UTF8.GetBytes(plan.Name);
        PoolName = Encoding.UTF8.GetBytes(plan.Pool?.Name ?? "");
        FixedHost = Encoding.ASCII.GetBytes(plan.FixedHost);
        _upgrades = [.. plan.Upgrades.Select(static name => Encoding.ASCII.GetBytes(name))];
    }

    public RoutePlan Plan { get; }

    public LoopPool? Pool { get; }

    public byte[] Name { get; }

    public byte[] PoolName { get; }

    public byte[] FixedHost { get; }

    public bool RewritesTarget => false;

    public object? RequestEdits => null;

    public ReadOnlySpan<ulong> SkippedRequestFields => default;

    public bool EditsResponses => false;

    /// <summary>Whether this request may turn its connection into a tunnel: an upgrade to one of the route's protocols. "h2c" never, whatever is
    /// configured: nobody could see into that tunnel.</summary>
    public bool MayUpgrade(RequestHead head)
    {
        if (!head.HasUpgrade || head.Body != BodyKind.None || head.IsHttp10)
        {
            return false;
        }

        ReadOnlySpan<byte> asked = head.Value(HeaderId.Upgrade);
        foreach (byte[] name in _upgrades)
        {
            if (Ascii.EqualsIgnoreCase(asked, name))
            {
                return true;
            }
        }

        return false;
    }

    internal int WriteTarget(
        RequestHead head, NormalizedPath path, RouteCaptures captures, ReadOnlySpan<byte> basePath, Span<byte> destination)
    {
        _ = captures;
        int length = basePath.Length + path.Forward.Length + (head.HasQuery ? head.QueryLength + 1 : 0);
        if (length > destination.Length)
        {
            return -1;
        }

        basePath.CopyTo(destination);
        path.Forward.CopyTo(destination[basePath.Length..]);
        if (head.HasQuery)
        {
            int at = basePath.Length + path.Forward.Length;
            destination[at] = (byte)'?';
            head.Query.CopyTo(destination[(at + 1)..]);
        }

        return length;
    }

    internal int EditRequest(
        in ForwardContext context, RequestHead head, Span<byte> destination, out ulong suppress)
    {
        suppress = 0;
        return 0;
    }

    internal ResponseEdits EditResponse(ResponseHead head, KeptRequest kept, LoopServices services) => default;

    internal ResponseEdits AddToken(
        ResponseEdits edits, IAffinity affinity, MemberState member, bool tls, LoopServices services)
    {
        edits.Lines.CopyTo(services.LineScratch);
        int length = affinity.WriteToken(member, tls, services.LineScratch.AsSpan(edits.Lines.Length));
        return new ResponseEdits(edits.DropIds, edits.Skip, services.LineScratch.AsSpan(0, edits.Lines.Length + length));
    }

    internal LocalAnswer Answer(
        RequestHead head, NormalizedPath path, in RouteCaptures captures, IClientStream client, LoopServices services, bool close) =>
        throw new InvalidOperationException("a route without a pool answers");
}
