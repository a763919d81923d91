using System.Buffers;

namespace Proxy.Actors.Config.Validation;

/// <summary>What may stand in a head (RFC 9110 §5.1, §5.5).</summary>
internal static class FieldText
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TokenChars);

    /// <summary>host[:port] as it may stand in a Host field.</summary>
    public static bool IsAuthority(string text) =>
        MemberUrl.TryParse($"http://{text}", out MemberUrl? url, out _) &&
        url.BasePath.Length == 0 && !text.Contains('/');
}
