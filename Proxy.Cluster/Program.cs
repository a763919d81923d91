using Proxy.Cluster.Commands;

return await ProxyCommand.RunAsync(args);
