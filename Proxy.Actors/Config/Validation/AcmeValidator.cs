namespace Proxy.Actors.Config.Validation;

/// <summary>Whether certificates can be ordered as it is written.</summary>
internal static class AcmeValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        bool ordered = false;
        for (int i = 0; i < config.Listeners.Count; i++)
        {
            if (config.Listeners[i].Tls is { Acme.Count: > 0 } tls)
            {
                ordered = true;
                CheckNames(tls.Acme, $"proxy.listeners[{i}].tls.acme", problems);
                if (config.Acme is null)
                {
                    problems.Error(
                        $"proxy.listeners[{i}].tls.acme", "there is no block acme", "acme { agree-terms = true }");
                }
            }
        }

        if (config.Acme is { } acme)
        {
            CheckBlock(acme, ordered, problems);
            bool http = acme.Challenge == AcmeChallenge.Http01;
            if (ordered && http && config.Listeners.All(static l => l.Tls is not null))
            {
                problems.Warn(
                    "proxy.acme.challenge", "http-01 needs a listener without tls, at port 80, and there is none");
            }
        }
    }

    private static void CheckBlock(AcmeConfig acme, bool ordered, ProblemList problems)
    {
        if (!Uri.TryCreate(acme.Directory, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps)
        {
            problems.Error("proxy.acme.directory", "not an https URL", "https://…/directory");
        }

        if (ordered && !acme.AgreeTerms)
        {
            problems.Error("proxy.acme.agree-terms", "authorities ask for it before the first order", "true");
        }

        if (acme.Contact.Any(static mail => !mail.Contains('@', StringComparison.Ordinal)))
        {
            problems.Error("proxy.acme.contact", "not a mail address", "name@example.org");
        }

        if ((acme.Binding.KeyId.Length > 0) != (acme.Binding.HmacKeyFile.Length > 0))
        {
            problems.Error("proxy.acme.eab", "key-id and hmac-key-file go together", "both or none");
        }
    }

    private static void CheckNames(ConfigList<string> names, string path, ProblemList problems)
    {
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i];
            if (name.Contains('*', StringComparison.Ordinal))
            {
                problems.Error(
                    $"{path}[{i}]", "wildcards are only issued for dns-01, which is not available", "an exact name");
            }
            else if (!HostName.IsValid(name))
            {
                problems.Error($"{path}[{i}]", "not a host name", "a name such as shop.example");
            }
        }

        if (names.Distinct(StringComparer.Ordinal).Count() != names.Count)
        {
            problems.Error(path, "a name is listed twice", "each name once");
        }
    }
}
