using System.Text.Json.Serialization;

namespace Proxy.Cluster.Peers.Shared;

[JsonSerializable(typeof(string[]))]
internal sealed partial class TextsJson : JsonSerializerContext;
