namespace Proxy.Tests.Kit;

/// <summary>What a test may say about its node; the rest of the file is the same for all.</summary>
internal sealed record NodeSettings
{
    /// <summary>The keys routes and pools.</summary>
    public required string Rules { get; init; }

    /// <summary>Further keys of the listener.</summary>
    public string Listener { get; init; } = "access-log { enabled = false }";

    /// <summary>Files beside the configuration: name → text.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Further variables of the environment.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>Further keys of the block node.</summary>
    public string Node { get; init; } = "";

    public int Workers { get; init; } = 1;

    /// <summary>The whole file, when a test brings its own.</summary>
    private string? Text { get; init; }

    /// <summary>A file for humans, which listens on 127.0.0.1:8080; made to listen where this test can.</summary>
    public static NodeSettings Whole(string text) => new() { Rules = "", Text = text };

    public string File(int port, int management) => Text is null ? Composed(port, management) : $"""
        {Text.Replace("\"127.0.0.1:8080\"", $"\"127.0.0.1:{port}\"", StringComparison.Ordinal)}
        proxy.management.bind = "127.0.0.1:{management}"
        """;

    /// <summary>A route for everything to a pool of these members, which nothing takes out of service.</summary>
    public static NodeSettings To(params string[] urls) => new() { Rules = Pool("", urls) };

    /// <param name="keys">Further keys of the pool.</param>
    public static string Pool(string keys, params string[] urls) => $$"""
        routes = [ { match { path = "/" }, pool = app } ]
          pools {
            app {
              members = [ {{Members(urls)}} ]
              health { passive { failures = 0 } }
              {{keys}}
            }
          }
        """;

    /// <summary>Members named m1, m2 and so on.</summary>
    public static string Members(params string[] urls) =>
        string.Join(", ", urls.Select((url, i) => $"{{ name = m{i + 1}, url = \"{url}\" }}"));

    private string Composed(int port, int management) => $$"""
        proxy {
          node { name = test-node, workers = {{Workers}}, state-dir = state
            {{Node}}
          }
          listeners = [
            { name = web, bind = "127.0.0.1:{{port}}"
              {{Listener}}
            }
          ]
          {{Rules}}
          management { bind = "127.0.0.1:{{management}}" }
        }
        """;
}
