using Proxy.Edge.Topology;

namespace Proxy.Edge.Balancing;

/// <summary>Members a request was already sent to. The list is as short as the number of attempts.</summary>
internal static class Tried
{
    public static bool Contains(ReadOnlySpan<MemberState> tried, MemberState member)
    {
        foreach (MemberState other in tried)
        {
            if (ReferenceEquals(other, member))
            {
                return true;
            }
        }

        return false;
    }
}
