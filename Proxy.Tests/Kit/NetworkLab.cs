using System.Globalization;

namespace Proxy.Tests.Kit;

/// <summary>Some hosts on one Ethernet, each a network namespace with an "eth0", joined by a bridge in a namespace of
/// its own. Host number N has 10.77.0.N, fd77::N and fe80::N. Wants root. Nothing outside the namespaces is touched,
/// and their names carry this process's number, so that runs do not meet.</summary>
internal sealed class NetworkLab : IAsyncDisposable
{
    private static int _made;

    private readonly string _name;
    private readonly List<int> _hosts = [];

    private NetworkLab()
    {
        int number = Interlocked.Increment(ref _made);
        _name = string.Create(CultureInfo.InvariantCulture, $"px{Environment.ProcessId}-{number}");
    }

    private string Switch => $"{_name}-sw";

    public static async Task<NetworkLab> CreateAsync(params int[] hosts)
    {
        Assert.True(
            Environment.IsPrivilegedProcess, "Network namespaces want root; run ops/test as root.");
        var lab = new NetworkLab();
        try
        {
            await lab.AddSwitchAsync();
            foreach (int host in hosts)
            {
                await lab.AddHostAsync(host);
            }

            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Name of the host's namespace.</summary>
    public string Namespace(int host) => string.Create(CultureInfo.InvariantCulture, $"{_name}-{host}");

    /// <summary>Runs a command in the host to its end; what it wrote. Anything but code 0 fails the test.</summary>
    public Task<string> RunAsync(int host, params string[] command) =>
        IpAsync(["netns", "exec", Namespace(host), .. command]);

    /// <summary>Starts a program in the host.</summary>
    public ChildProcess Start(int host, string folder, params string[] command) =>
        ChildProcess.Start("ip", ["netns", "exec", Namespace(host), .. command], folder);

    /// <summary>A client of the site there that is connected and only waits; it says "freed by" and the error when its
    /// connection is reset.</summary>
    public async Task<ChildProcess> StartWaitingClientAsync(int host, string address)
    {
        ChildProcess client = Start(host, "/", "python3", "-c", $"""
            import socket
            s = socket.create_connection(("{address}", 8080))
            s.settimeout(60)
            print("waits", flush=True)
            try:
                print("got", s.recv(1), flush=True)
            except OSError as error:
                print("freed by", type(error).__name__, flush=True)
            """);
        await client.WaitForOutputAsync("waits");
        return client;
    }

    /// <summary>Pulls or plugs the cable: the host sees its carrier go and come.</summary>
    public Task CableAsync(int host, bool isPlugged) =>
        IpAsync("-n", Switch, "link", "set", Port(host), isPlugged ? "up" : "down");

    /// <summary>Frames pass, or are lost without any sign.</summary>
    public Task PathAsync(int host, bool isOpen) =>
        CheckedAsync("bridge", ["-n", Switch, "link", "set", "dev", Port(host), "state", isOpen ? "3" : "0"]);

    /// <summary>Numbers of the processes that run in the host.</summary>
    public async Task<string[]> ProcessesAsync(int host) =>
        (await IpAsync("netns", "pids", Namespace(host))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether the host shows the address to the network; the loopback is its own affair.</summary>
    public async Task<bool> HasAddressAsync(int host, string address) =>
        (await IpAsync("-n", Namespace(host), "-o", "addr", "show", "to", address)).Split('\n')
            .Any(static line => line.Length > 0 && !line.Contains(": lo ", StringComparison.Ordinal));

    /// <summary>The hosts that carry the address now.</summary>
    public async Task<int[]> OwnersAsync(string address)
    {
        var owners = new List<int>();
        foreach (int host in _hosts)
        {
            if (await HasAddressAsync(host, address))
            {
                owners.Add(host);
            }
        }

        return [.. owners];
    }

    /// <summary>Waits until exactly this host carries the address.</summary>
    public async Task WaitForOwnerAsync(string address, int host, Func<string> log, TimeSpan? atMost = null)
    {
        int[] owners = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                owners = await OwnersAsync(address);
                return owners is [var only] && only == host;
            },
            () => $"{address} on host {host} only, but it is on [{string.Join(", ", owners)}]\n{log()}",
            atMost);
    }

    /// <summary>A second network between these hosts, on "eth1" with 10.78.0.N.</summary>
    public async Task AddBackAsync(params int[] hosts)
    {
        await IpAsync("-n", Switch, "link", "add", "name", "bridge1", "type", "bridge");
        await IpAsync("-n", Switch, "link", "set", "bridge1", "up");
        foreach (int host in hosts)
        {
            string port = $"back{host}";
            await IpAsync(
                "-n", Switch, "link", "add", port, "type", "veth", "peer", "name", "eth1", "netns", Namespace(host));
            await IpAsync("-n", Switch, "link", "set", port, "master", "bridge1", "up");
            await IpAsync("-n", Namespace(host), "link", "set", "eth1", "up");
            await IpAsync("-n", Namespace(host), "addr", "add", $"10.78.0.{host}/24", "dev", "eth1");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _hosts.Select(Namespace).Append(Switch))
        {
            await ChildProcess.RunAsync("ip", ["netns", "del", name], "/");
        }
    }

    private static string Port(int host) => string.Create(CultureInfo.InvariantCulture, $"port{host}");

    private static Task<string> IpAsync(params string[] arguments) => CheckedAsync("ip", arguments);

    private static async Task<string> CheckedAsync(string program, IEnumerable<string> arguments)
    {
        string[] all = [.. arguments];
        (int code, string output) = await ChildProcess.RunAsync(program, all, "/");
        Assert.True(code == 0, $"{program} {string.Join(' ', all)}: code {code}\n{output}");
        return output;
    }

    private async Task AddSwitchAsync()
    {
        await AddNamespaceAsync(Switch);
        await IpAsync("-n", Switch, "link", "add", "name", "bridge0", "type", "bridge");
        await IpAsync(
            "-n", Switch, "link", "set", "bridge0", "type", "bridge", "stp_state", "0", "forward_delay", "0",
            "mcast_snooping", "0");
        await IpAsync("-n", Switch, "link", "set", "bridge0", "up");
    }

    private async Task AddHostAsync(int host)
    {
        string name = Namespace(host);
        string number = host.ToString(CultureInfo.InvariantCulture);
        _hosts.Add(host);
        await AddNamespaceAsync(name);
        await IpAsync(
            "-n", Switch, "link", "add", Port(host), "type", "veth", "peer", "name", "eth0", "netns", name);
        await IpAsync("-n", Switch, "link", "set", Port(host), "master", "bridge0", "up");
        await IpAsync("-n", name, "link", "set", "eth0", "addrgenmode", "none", "up");
        await IpAsync("-n", name, "addr", "add", $"10.77.0.{number}/24", "dev", "eth0");
        await IpAsync("-n", name, "addr", "add", $"fd77::{number}/64", "dev", "eth0", "nodad");
        await IpAsync("-n", name, "addr", "add", $"fe80::{number}/64", "dev", "eth0", "nodad");
    }

    private static async Task AddNamespaceAsync(string name)
    {
        await IpAsync("netns", "add", name);
        await IpAsync("-n", name, "link", "set", "lo", "up");
    }
}
