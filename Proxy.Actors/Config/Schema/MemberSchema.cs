using Proxy.Edge.Topology;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of one entry of proxy.pools.NAME.members.</summary>
internal static class MemberSchema
{
    public static readonly BlockSchema<MemberConfig> Block = new(new MemberConfig())
    {
        {
            "name", Kinds.Text("a name, unique in the pool"),
            m => m.Name, (m, v) => m with { Name = v }, KeyTrait.Required
        },
        { "url", AddressKinds.Member, m => m.Url, (m, v) => m with { Url = v }, KeyTrait.Required },
        { "weight", Kinds.Integer(0, 1_000_000), m => m.Weight, (m, v) => m with { Weight = v } },
        {
            "max-connections", Kinds.Integer(0, 1_000_000, NoLimit),
            m => m.MaxConnections, (m, v) => m with { MaxConnections = v }
        },
        {
            "max-connections-cluster", Kinds.Integer(0, 1_000_000, NoLimit),
            m => m.MaxConnectionsCluster, (m, v) => m with { MaxConnectionsCluster = v }
        },
        {
            "role",
            Kinds.Choice(
                ("primary", MemberRole.Primary), ("spare", MemberRole.Spare), ("standby", MemberRole.Standby)),
            m => m.Role, (m, v) => m with { Role = v }
        },
        { "set", Kinds.Integer(0, 99), m => m.Set, (m, v) => m with { Set = v } },
        {
            "route", Kinds.Text("what affinity calls the member; \"\" = its name"),
            m => m.Route, (m, v) => m with { Route = v }
        },
        { "state", MemberKinds.State, m => m.State, (m, v) => m with { State = v } },
    };
}
