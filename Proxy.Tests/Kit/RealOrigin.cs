using System.Globalization;
using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>A server somebody else wrote, as an origin: nginx, an application in Python, or Tomcat.</summary>
internal sealed class RealOrigin : IAsyncDisposable
{
    private static readonly string NginxPath = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

    private readonly TempFolder _folder;
    private readonly ChildProcess _process;

    private RealOrigin(TempFolder folder, ChildProcess process, int port)
    {
        (_folder, _process, Port) = (folder, process, port);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <param name="server">Directives inside the server block.</param>
    public static Task<RealOrigin> NginxAsync(string server, params (string Name, string Text)[] files)
    {
        var folder = new TempFolder();
        foreach (var (name, text) in files)
        {
            folder.Write($"files/{name}", text);
        }

        var port = FreePort.Probe();
        var temporary = string.Concat(
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(
                n => $"{n}_temp_path {folder.Path}/{n}; "));
        // A worker of root's nginx would change to an account that may not read the folder.
        var user = Environment.UserName == "root" ? "user root;" : "";
        var config = folder.Write("nginx.conf", $$"""
            daemon off; worker_processes 1; pid {{folder.Path}}/pid; error_log stderr warn; {{user}}
            events { worker_connections 512; }
            http {
              access_log off; {{temporary}}
              server { listen 127.0.0.1:{{port}}; root {{folder.Path}}/files; {{server}} }
            }
            """);
        return StartAsync(folder, port, NginxPath, ["-e", "stderr", "-c", config]);
    }

    /// <summary>The application in <c>Kit/Apps</c>, which answers as <c>http.server</c> does.</summary>
    public static Task<RealOrigin> PythonAsync()
    {
        var port = FreePort.Probe();
        var script = Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "app.py");
        return StartAsync(
            new TempFolder(), port, "python3", ["-B", script, port.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Tomcat with one application of JSP pages at its root.</summary>
    public static Task<RealOrigin> TomcatAsync(params (string Name, string Text)[] pages)
    {
        const string Home = "/usr/share/tomcat10";
        Assert.True(Directory.Exists(Home), $"{Home} is missing; Debian has it in tomcat10-common.");
        var folder = new TempFolder();
        var port = FreePort.Probe();
        foreach (var (name, text) in pages)
        {
            folder.Write($"webapps/ROOT/{name}", text);
        }

        foreach (var name in new[] { "logs", "temp", "work" })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, name));
        }

        // Debian has Tomcat's own in the package that also brings a running service, which no test wants.
        folder.Write("conf/web.xml", """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
              <servlet>
                <servlet-name>jsp</servlet-name>
                <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
              </servlet>
              <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
            </web-app>
            """);
        folder.Write("conf/server.xml", $"""
            <Server port="-1">
              <Service name="Catalina">
                <Connector port="{port}" address="127.0.0.1" protocol="HTTP/1.1" />
                <Engine name="Catalina" defaultHost="localhost" jvmRoute="tomcat-a">
                  <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false" />
                </Engine>
              </Service>
            </Server>
            """);
        string[] arguments =
        [
            "-cp", $"{Home}/bin/bootstrap.jar:{Home}/bin/tomcat-juli.jar", "-XX:+UseSerialGC", "-Xmx256m",
            $"-Dcatalina.home={Home}", $"-Dcatalina.base={folder.Path}", $"-Djava.io.tmpdir={folder.Path}/temp",
            "org.apache.catalina.startup.Bootstrap", "start",
        ];
        return StartAsync(folder, port, "java", arguments);
    }

    public async ValueTask DisposeAsync()
    {
        // nginx's worker is its child and goes with it only when asked.
        if (!_process.HasEnded)
        {
            await _process.SignalAsync("TERM");
            await _process.WaitAsync(Wire.Patience);
        }

        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<RealOrigin> StartAsync(TempFolder folder, int port, string program, string[] arguments)
    {
        var origin = new RealOrigin(folder, ChildProcess.Start(program, arguments, folder.Path), port);
        try
        {
            await Eventually.IsTrueAsync(origin.AnswersAsync, () => $"{program} listens", TimeSpan.FromSeconds(60));
        }
        catch
        {
            await origin.DisposeAsync();
            throw;
        }

        return origin;
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasEnded)
        {
            throw new InvalidOperationException($"It ended with code {_process.ExitCode}:\n{_process.Output}");
        }

        try
        {
            using var client = await RawClient.ConnectAsync(Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
