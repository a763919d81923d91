using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;
using Proxy.Cluster.Commands.Ctl;
using Proxy.Cluster.Demo;
using Proxy.Cluster.Host;
using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Cluster.Commands;

/// <summary>The command line. Exit codes: 0 done, 1 failed, 2 the input is wrong.</summary>
internal static class ProxyCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["help", ..])
        {
            arguments = [.. arguments[1..], "--help"];
        }

        var root = new RootCommand(
            "Proxy: a reverse-proxy cluster. One program that routes, balances, checks health and keeps sessions.")
        {
            Run(),
            Check(),
            Hocon(),
            Backends(),
            CtlCommand.Make(),
            Guard(),
            Version(),
        };
        ParseResult command = root.Parse(arguments);
        int code = await command.InvokeAsync();
        return command.Errors.Count > 0 ? 2 : code;
    }

    private static Command Run()
    {
        Argument<string> file = FileArgument("Configuration of the node (HOCON).");
        var takeOver = new Option<bool>("--take-over")
        {
            Description = "Takes the listening sockets over from the running process of this node, which then drains "
                + "and ends. When none runs, an ordinary start.",
        };
        var command = new Command(
            "run",
            "Runs a node. SIGTERM or SIGINT: drain, then stop (SIGINT twice: now). SIGHUP: read the file again. "
            + "SIGUSR1: reopen the access logs. SIGUSR2: start the program anew and hand the listening sockets over.")
        {
            file,
            takeOver,
        };
        command.SetAction(async (result, _) =>
        {
            using ILoggerFactory logs = LoggerFactory.Create(static builder => builder
                .AddSimpleConsole(static format =>
                {
                    format.SingleLine = true;
                    format.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                    format.UseUtcTimestamp = true;
                })
                .AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace)
                .AddFilter(null, LogLevel.Information));
            return await NodeHost.RunAsync(
                result.GetRequiredValue(file), result.GetValue(takeOver), logs.CreateLogger("proxy"), Console.Error);
        });
        return command;
    }

    private static Command Check()
    {
        Argument<string> file = FileArgument("Configuration to check.");
        var command = new Command(
            "check",
            "Says everything that is wrong with a configuration, with file, line, key and what would be accepted.")
        {
            file,
        };
        command.SetAction(result => ConfigCommands.Check(result.GetRequiredValue(file), Console.Out, Console.Error));
        return command;
    }

    private static Command Hocon()
    {
        Argument<string> resolveFile = FileArgument("HOCON file.");
        var resolve = new Command("resolve", "Prints the document as JSON, includes and substitutions resolved.")
        {
            resolveFile,
        };
        resolve.SetAction(
            result => ConfigCommands.Resolve(result.GetRequiredValue(resolveFile), Console.Out, Console.Error));
        Argument<string> parseFile = FileArgument("HOCON file.");
        var parse = new Command("parse", "Only parses; silent when the file is well-formed.") { parseFile };
        parse.SetAction(result => ConfigCommands.Parse(result.GetRequiredValue(parseFile), Console.Error));
        return new Command("hocon", "Looks at HOCON files.") { resolve, parse };
    }

    private static Command Backends()
    {
        var ports = new Option<string>("--ports")
        {
            Description = "Ports to listen on, separated by commas; 0 = any free one.",
            DefaultValueFactory = static _ => "9001,9002",
        };
        var bind = new Option<string>("--bind")
        {
            Description = "Address to listen on.",
            DefaultValueFactory = static _ => "127.0.0.1",
        };
        var name = new Option<string>("--name")
        {
            Description = "What the origins call themselves, with a number behind it.",
            DefaultValueFactory = static _ => "backend",
        };
        var command = new Command("demo-backends", "Runs small origins for trying the proxy out.")
        {
            ports, bind, name,
        };
        command.SetAction(async (result, cancellation) =>
        {
            if (!IPAddress.TryParse(result.GetRequiredValue(bind), out IPAddress? address))
            {
                await Console.Error.WriteLineAsync($"--bind: \"{result.GetRequiredValue(bind)}\" is no IP address");
                return 2;
            }

            var addresses = new List<IPEndPoint>();
            foreach (string part in result.GetRequiredValue(ports).Split(',', StringSplitOptions.TrimEntries))
            {
                if (!int.TryParse(part, out int port) || port is < 0 or > 65535)
                {
                    await Console.Error.WriteLineAsync($"--ports: \"{part}\" is not a port; accepted: 0 to 65535");
                    return 2;
                }

                addresses.Add(new IPEndPoint(address, port));
            }

            try
            {
                await DemoBackends.RunAsync(
                    addresses, result.GetRequiredValue(name), Console.Out, cancellation);
                return 0;
            }
            catch (IOException error)
            {
                await Console.Error.WriteLineAsync(error.Message);
                return 1;
            }
        });
        return command;
    }

    private static Command Guard()
    {
        var socket = new Option<string>("--socket")
        {
            Description = "Local socket on which the node gives its orders.",
            Required = true,
        };
        var command = new Command("vip-guard", "Holds the virtual addresses for a node (VRRP). Started by the node.")
        {
            socket,
        };
        command.SetAction(result => VipGuard.Run(result.GetRequiredValue(socket), Console.Error));
        return command;
    }

    private static Command Version()
    {
        var command = new Command("version", "Prints the version.");
        command.SetAction(_ =>
        {
            Console.WriteLine($"proxy {ProductVersion.Text}");
            return 0;
        });
        return command;
    }

    private static Argument<string> FileArgument(string description) => new("FILE") { Description = description };
}
