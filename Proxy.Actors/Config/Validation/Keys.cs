namespace Proxy.Actors.Config.Validation;

/// <summary>Paths of the blocks that validators speak about.</summary>
internal static class Keys
{
    public const string Listeners = "proxy.listeners";
    public const string Routes = "proxy.routes";
    public const string Pools = "proxy.pools";

    public static string Listener(int index) => ConfigPath.Item(Listeners, index);

    public static string Route(int index) => ConfigPath.Item(Routes, index);

    public static string Pool(PoolConfig pool) => ConfigPath.Key(Pools, pool.Name);

    public static string Member(PoolConfig pool, int index) => ConfigPath.Item($"{Pool(pool)}.members", index);

    /// <summary>Reports names that occur twice, at the second place.</summary>
    /// <param name="place">Path of the key of an item.</param>
    public static void Unique<T>(
        IReadOnlyList<T> items, Func<T, string> nameOf, Func<int, string> place, string what, ProblemList problems)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < items.Count; i++)
        {
            string name = nameOf(items[i]);
            if (name.Length > 0 && !seen.Add(name))
            {
                problems.Error(place(i), $"{what} \"{name}\" is there twice");
            }
        }
    }
}
