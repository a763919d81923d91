namespace Proxy.Cluster.Shares;

/// <summary>Divides a member's slots among nodes by need. Pure.</summary>
internal static class SlotAllotment
{
    /// <summary>Nobody gets less than another one who wants no more; what nobody wants is spread evenly, so that a node
    /// whose load rises has some at hand.</summary>
    /// <param name="turn">Who comes first where the slots do not divide evenly; changes from time to time, so that with
    /// fewer slots than nodes each gets its turn.</param>
    public static int[] Divide(int slots, ReadOnlySpan<int> wants, int turn)
    {
        int[] shares = new int[wants.Length];
        int left = slots;
        while (left > 0)
        {
            int hungry = 0;
            for (int i = 0; i < wants.Length; i++)
            {
                hungry += shares[i] < wants[i] ? 1 : 0;
            }

            // When all have what they want, the rest is for everybody.
            int each = left / (hungry == 0 ? wants.Length : hungry);
            for (int k = 0; k < wants.Length && left > 0; k++)
            {
                int i = (turn + k) % wants.Length;
                if (hungry != 0 && shares[i] >= wants[i])
                {
                    continue;
                }

                int more = Math.Min(left, Math.Max(1, each));
                more = hungry == 0 ? more : Math.Min(more, wants[i] - shares[i]);
                shares[i] += more;
                left -= more;
            }
        }

        return shares;
    }
}
