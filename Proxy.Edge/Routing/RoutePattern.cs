using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Proxy.Edge.Routing;

/// <summary>Regular expressions of rules: always of the linear-time engine, so that no request can make one slow;
/// that engine has no look-around and no back-references inside the expression. Unanchored unless they say ^ and
/// $.</summary>
public static class RoutePattern
{
    private const int StackChars = 512;

    /// <exception cref="ArgumentException">The expression is not valid.</exception>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException(
                $"The expression '{pattern}' uses what the linear-time engine lacks, "
                    + $"such as look-around or back-references: {e.Message}",
                nameof(pattern),
                e);
        }
    }

    public static bool TryCompile(string pattern, out Regex? compiled, out string error)
    {
        try
        {
            compiled = Compile(pattern);
            error = "";
            return true;
        }
        catch (ArgumentException e)
        {
            compiled = null;
            error = e.Message;
            return false;
        }
    }

    /// <summary>Tests bytes as Latin-1 characters, without allocating.</summary>
    [SkipLocalsInit]
    internal static bool IsMatch(Regex pattern, ReadOnlySpan<byte> value)
    {
        if (value.Length <= StackChars)
        {
            Span<char> chars = stackalloc char[StackChars];
            return pattern.IsMatch(chars[..Encoding.Latin1.GetChars(value, chars)]);
        }

        char[] rented = ArrayPool<char>.Shared.Rent(value.Length);
        bool result = pattern.IsMatch(rented.AsSpan(0, Encoding.Latin1.GetChars(value, rented)));
        ArrayPool<char>.Shared.Return(rented);
        return result;
    }
}
