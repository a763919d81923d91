using System.Globalization;
using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

internal static class WorkersKind
{
    private const int Max = 1024;

    public static readonly ScalarKind<int> Workers = new(
        $"auto (one per core) or an integer from 1 to {Max}",
        scalar => scalar.Text == "auto" ? 0
            : scalar.TryInt(out int workers) && workers is >= 1 and <= Max ? workers
            : Parsed.Wrong<int>("not a number of workers"),
        value => value == 0 ? "auto" : value.ToString(CultureInfo.InvariantCulture));
}
