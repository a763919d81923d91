namespace Proxy.Actors.Config.Schema;

/// <summary>Finds the name somebody probably meant.</summary>
internal static class NearestName
{
    // The table of edits grows with both lengths, and a file may hold keys of any length.
    private const int MaxLength = 100;

    /// <summary>The known name with the fewest edits (one letter inserted, removed, replaced, or two neighbours
    /// swapped), or null when none is near: more than a third of the letters would have to change.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength)
        {
            return null;
        }

        string? best = null;
        int bestEdits = Math.Max(1, (name.Length / 3) + 1) + 1;
        foreach (string candidate in known)
        {
            int edits = Edits(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (edits < bestEdits)
            {
                (best, bestEdits) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>Optimal string alignment distance.</summary>
    internal static int Edits(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (int j = 0; j <= to.Length; j++)
        {
            rows[0, j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[from.Length, to.Length];
    }
}
