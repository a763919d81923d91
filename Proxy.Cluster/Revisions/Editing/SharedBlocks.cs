using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions.Editing;

/// <summary>A file in two: what all nodes of a cluster have in common, which revisions are about, and what is this
/// node's own and always comes from its file.
/// <para>The node's own: <c>node</c>, <c>management</c>, <c>cluster</c>, <c>vip</c>, and of each listener whether it is
/// opened here and where (<c>bind</c>). Everything else below <c>proxy</c> is common: routes, pools, what a listener
/// does, acme and whatever comes later. A listener of a revision that this node's file does not name is not opened
/// here.</para></summary>
/// <param name="Common">The common keys, without "proxy" around them.</param>
/// <param name="Own">This node's own.</param>
internal sealed record SharedBlocks(HoconObject Common, HoconObject Own)
{
    /// <summary>In a path. No real one is half as long; what walks a tree goes as deep as its paths.</summary>
    public const int MaxKeys = 16;

    private const string Root = "proxy";
    private const string Listeners = "listeners";
    private const string Bind = "bind";

    private static readonly string[] OwnKeys = ["node", "management", "cluster", "vip"];
    private static readonly HoconOrigin Origin = new("revision", 1, 1);

    /// <param name="file">A resolved document that has a block "proxy".</param>
    public static SharedBlocks Split(HoconObject file)
    {
        HoconObject proxy = file.TryGet(Root, out HoconMember? root) && root.Value is HoconObject block
            ? block
            : new HoconObject([], Origin);
        ILookup<bool, HoconMember> keys = proxy.Members.ToLookup(static member => OwnKeys.Contains(member.Key));
        var common = new HoconObject([.. keys[false]], proxy.Origin);
        var own = new HoconObject([.. keys[true]], proxy.Origin);
        if (common.TryGet(Listeners, out HoconMember? listeners) && listeners.Value is HoconArray list)
        {
            HoconObject[] blocks = [.. list.Items.Select(Named).OfType<HoconObject>()];
            IEnumerable<HoconObject> unbound = blocks.Select(static one => HoconTree.Without(one, Bind));
            common = HoconTree.With(common, Listeners, new HoconArray([.. unbound], list.Origin));
            own = HoconTree.With(own, Listeners, new HoconArray([.. blocks.Select(OnlyBind)], list.Origin));
        }

        return new SharedBlocks(common, own);
    }

    /// <summary>Why an operator's change may not be there; null when it may.</summary>
    public static string? Forbids(string path)
    {
        if (!HoconPath.TryParse(path, out string[]? keys))
        {
            return $"{path}: not a path; accepted: keys with dots between them, like pools.app.members.a.weight";
        }

        if (keys.Length > MaxKeys)
        {
            return $"{path[..40]}…: too long a path; accepted: at most {MaxKeys} keys";
        }

        if (OwnKeys.Contains(keys[0]) || keys is [Listeners, _, Bind])
        {
            return $"{path}: this is each node's own; change it in the node's file";
        }

        return keys is [Root, ..] ? $"{path}: leave out \"proxy.\"" : null;
    }

    /// <summary>What this node runs of that revision.</summary>
    public HoconObject Join(HoconObject revision)
    {
        HoconObject common = revision;
        if (revision.TryGet(Listeners, out HoconMember? listeners) && listeners.Value is HoconArray list)
        {
            HoconObject[] opened = [.. list.Items.OfType<HoconObject>().Select(WithBind).OfType<HoconObject>()];
            common = HoconTree.With(common, Listeners, new HoconArray(opened, list.Origin));
        }

        var proxy = new HoconObject(
            [.. Own.Members.Where(static member => member.Key != Listeners), .. common.Members], Own.Origin);
        return new HoconObject([new HoconMember(Root, Origin, proxy)], Origin);
    }

    private static HoconValue Named(HoconValue listener, int index) =>
        listener is HoconObject block && !block.TryGet("name", out _)
            ? HoconTree.With(
                block, "name", HoconScalar.String(HoconTree.NameOf(block, index, Listeners), block.Origin))
            : listener;

    private static HoconObject OnlyBind(HoconObject listener) =>
        new([.. listener.Members.Where(static member => member.Key is Bind or "name")], listener.Origin);

    private HoconObject? WithBind(HoconObject listener, int index)
    {
        string name = HoconTree.NameOf(listener, index, Listeners);
        if (!Own.TryGet(Listeners, out HoconMember? listeners) || listeners.Value is not HoconArray list)
        {
            return null;
        }

        HoconObject? own = list.Items.OfType<HoconObject>()
            .FirstOrDefault(one => HoconTree.NameOf(one, 0, Listeners) == name);
        if (own is null)
        {
            return null;
        }

        return own.TryGet(Bind, out HoconMember? bind) ? HoconTree.With(listener, Bind, bind.Value) : listener;
    }
}
