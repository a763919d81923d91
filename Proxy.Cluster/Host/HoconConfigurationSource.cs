using Microsoft.Extensions.Configuration;
using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Host;

/// <summary>
/// A resolved document as a source of the host's configuration. Keys are joined with ':', list items have their index
/// as
/// key; numbers and booleans keep the text of the file.
/// </summary>
public sealed class HoconConfigurationSource(HoconObject root) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(root);
}
