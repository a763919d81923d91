using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>Parsing as the tests do it: no file and no environment but what is given.</summary>
internal static class HoconVectors
{
    public static HoconOptions Closed { get; } = new() { Environment = _ => null, Files = new MemoryFiles() };

    public static string Json(string text, HoconOptions? options = null)
    {
        var result = HoconDocument.Parse(text, "test.conf", options ?? Closed);
        Assert.True(result.Ok, string.Join('\n', result.Errors));
        return HoconJson.Write(result.Value);
    }

    public static HoconError FirstError(string text, HoconOptions? options = null)
    {
        var result = HoconDocument.Parse(text, "test.conf", options ?? Closed);
        Assert.False(result.Ok, result.Ok ? HoconJson.Write(result.Value) : null);
        Assert.NotEmpty(result.Errors);
        return result.Errors[0];
    }
}
