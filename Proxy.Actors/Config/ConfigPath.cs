using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config;

/// <summary>Paths of keys as messages show them: <c>proxy.pools.app.members[1].weight</c>.</summary>
internal static class ConfigPath
{
    /// <summary>A key below a block; quoted where it has to be.</summary>
    public static string Key(string block, string key)
    {
        string shown = HoconPath.Render([key]);
        return block.Length == 0 ? shown : $"{block}.{shown}";
    }

    public static string Item(string list, int index) => $"{list}[{index}]";

    /// <summary>The path without its last element; empty at the top.</summary>
    public static string Parent(string path)
    {
        bool quoted = false;
        for (int i = path.Length - 1; i > 0; i--)
        {
            if (path[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && path[i] is '.' or '[')
            {
                return path[..i];
            }
        }

        return "";
    }
}
