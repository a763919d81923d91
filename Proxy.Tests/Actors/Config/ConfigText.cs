using Proxy.Actors.Config;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Config;

/// <summary>Small configurations for tests.</summary>
internal static class ConfigText
{
    public const string Pool = "pools { app { members = [ { name = a, url = \"http://127.0.0.1:9001\" } ] } }";

    /// <summary>A listener, a route to a pool of one member, and whatever the test is about.</summary>
    public static string Around(string inner) => $$"""
        proxy {
          listeners = [ { name = web, bind = "127.0.0.1:8080" } ]
          routes = [ { name = all, pool = app } ]
          {{Pool}}
          {{inner}}
        }
        """;

    public static ConfigLoading Load(string text) =>
        ConfigLoader.LoadText(text, "test.conf", new HoconOptions { Environment = _ => null });

    /// <summary>Loads what must have no errors.</summary>
    public static ProxyConfig Good(string text)
    {
        ConfigLoading loading = Load(text);
        Assert.Empty(loading.Errors.Select(error => error.ToString()));
        return loading.Config!;
    }

    public static string[] Errors(string text) => [.. Load(text).Errors.Select(error => error.ToString())];

    public static string[] Warnings(string text) => [.. Load(text).Warnings.Select(warning => warning.ToString())];
}
