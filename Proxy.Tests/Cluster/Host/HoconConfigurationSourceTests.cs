using Microsoft.Extensions.Configuration;
using Proxy.Actors.Hocon;
using Proxy.Cluster.Host;

namespace Proxy.Tests.Cluster.Host;

public sealed class HoconConfigurationSourceTests
{
    private const string Text = """
        proxy {
          node { name = edge-1, workers = 4, on = true, gone = null, none = {}, empty = [] }
          listeners = [ { bind = "0.0.0.0:80" }, { bind = ":81", tags = [x, y] } ]
        }
        """;

    [Fact]
    public void Joins_keys_with_colons_and_numbers_list_items()
    {
        var configuration = Build(Text);

        Assert.Equal("edge-1", configuration["proxy:node:name"]);
        Assert.Equal("4", configuration["Proxy:Node:Workers"]);
        Assert.Equal("true", configuration["proxy:node:on"]);
        Assert.Equal("0.0.0.0:80", configuration["proxy:listeners:0:bind"]);
        Assert.Equal("y", configuration["proxy:listeners:1:tags:1"]);
        Assert.Equal(["edge-1", "4", "true"], configuration.GetSection("proxy:node").GetChildren()
            .OrderBy(c => c.Key == "name" ? 0 : c.Key == "workers" ? 1 : 2).Select(c => c.Value).OfType<string>());
    }

    [Fact]
    public void Null_and_empty_values_have_a_key_without_a_value()
    {
        var keys = Build(Text).GetSection("proxy:node").GetChildren().ToDictionary(c => c.Key, c => c.Value);

        Assert.Null(keys["gone"]);
        Assert.Null(keys["none"]);
        Assert.Null(keys["empty"]);
    }

    [Fact]
    public void A_later_source_overrides_it()
    {
        var configuration = new ConfigurationBuilder()
            .Add(new HoconConfigurationSource(Root("a.b = 1, a.c = 2")))
            .Add(new HoconConfigurationSource(Root("a.b = 3")))
            .Build();

        Assert.Equal("3", configuration["a:b"]);
        Assert.Equal("2", configuration["a:c"]);
    }

    private static IConfigurationRoot Build(string text) =>
        new ConfigurationBuilder().Add(new HoconConfigurationSource(Root(text))).Build();

    private static HoconObject Root(string text) => HoconDocument.Parse(text, "test.conf").Root!;
}
