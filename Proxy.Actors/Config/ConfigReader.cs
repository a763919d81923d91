using Proxy.Actors.Config.Schema;
using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config;

/// <summary>From a resolved document to records. Only the block "proxy" is read: other keys at the top of a file are
/// the operator's own, to be used in substitutions.</summary>
internal static class ConfigReader
{
    public static ProxyConfig Read(HoconObject root, ProblemList problems)
    {
        if (root.TryGet(ProxySchema.Root, out HoconMember? proxy))
        {
            var scope = new ReadScope(ProxySchema.Root, problems);
            return ProxySchema.Block.Read(proxy.Value, ProxySchema.Block.Defaults, scope);
        }

        string near = NearestName.Find(ProxySchema.Root, root.Members.Select(member => member.Key)) is { } name
            ? $", but there is \"{name}\""
            : "";
        problems.Error(
            ProxySchema.Root,
            $"the block is missing{near}",
            "proxy { listeners = [ … ], routes = [ … ], pools { … } }");
        return ProxySchema.Block.Defaults;
    }
}
