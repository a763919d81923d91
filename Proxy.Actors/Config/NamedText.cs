namespace Proxy.Actors.Config;

/// <summary>A name with a text: a header to set, a query parameter, a cookie domain and its replacement.</summary>
public sealed record NamedText(string Name, string Value);
