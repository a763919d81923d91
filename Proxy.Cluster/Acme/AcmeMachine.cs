using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>The life of one certificate at an ACME authority (RFC 8555 §7.1, RFC 9773):
/// <code>
/// sleep → directory → [renewal information] → account → order → each authorization → finalize → certificate → keep
///   ↑_________________________________________________________ failure, with back-off _________________|
/// </code>
/// Pure: no clock, no socket; one owner. Every failure ends the attempt, and the next one begins at the directory.
/// </summary>
/// <param name="current">The certificate there is already, or null.</param>
/// <param name="random">For jitter.</param>
internal sealed class AcmeMachine(AcmeSettings settings, CertificateLife? current, Random random)
{
    private const int LongestBackOffSteps = 9;

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromHours(6);
    private static readonly TimeSpan LongestRefusal = TimeSpan.FromDays(7);

    /// <summary>How long a schedule is trusted: the authority may want certificates back early.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RenewalInfoInterval = TimeSpan.FromHours(6);

    /// <summary>What validating or issuing may take.</summary>
    private static readonly TimeSpan LongestPolling = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    private readonly Queue<string> _authorizations = new();
    private CertificateLife? _current = current;
    private Step _step;
    private JsonObject _directory = [];
    private string _order = "";
    private string _authorization = "";
    private string _finalize = "";
    private DateTimeOffset _renewAt =
        current is null
            ? DateTimeOffset.MinValue
            : RenewalTime.Planned(current, settings.RenewBefore, random.NextDouble());
    private DateTimeOffset _pollUntil;
    private int _failures;

    private enum Step
    {
        Asleep,
        Directory,
        RenewalInfo,
        Account,
        Order,
        Authorization,
        Challenge,
        Validation,
        Finalize,
        Issuing,
        Certificate,
        Keeping,
    }

    /// <summary>Between two attempts.</summary>
    public bool IsAsleep => _step == Step.Asleep;

    /// <summary>When the certificate there is will be ordered anew; null while there is none.</summary>
    public DateTimeOffset? RenewAt => _current is null ? null : _renewAt;

    public IReadOnlyList<AcmeEffect> Handle(AcmeInput input, DateTimeOffset now) => input switch
    {
        AcmeInput.Woken => OnWoken(),
        AcmeInput.Replied { Reply: var reply } when _step == Step.RenewalInfo => OnRenewalInfo(reply, now),
        AcmeInput.Replied { Reply: var reply } when reply.Status is < 200 or > 299 =>
            Fail($"{Doing}: {AcmeProblem.Describe(reply)}", now, reply.RetryAfter),
        AcmeInput.Replied { Reply: var reply } when _step == Step.Certificate => Become(
            Step.Keeping, new AcmeEffect.Keep(reply.Body)),
        AcmeInput.Replied { Reply: var reply } => AcmeJson.Parse(reply.Body) is JsonObject json
            ? OnJson(reply, json, now)
            : Fail($"{Doing}: the reply is not a JSON object", now),
        AcmeInput.Failed when _step == Step.RenewalInfo => SleepUntilDue(now, RenewalInfoInterval),
        AcmeInput.Failed { Reason: var reason } => Fail($"{Doing}: {reason}", now),
        AcmeInput.Kept { Life: var life } => OnKept(life, now),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "unknown"),
    };

    private string Doing => _step switch
    {
        Step.Directory => "directory",
        Step.Account => "account",
        Step.Order => "new order",
        Step.Authorization => "authorization",
        Step.Challenge or Step.Validation => "validation",
        Step.Finalize or Step.Issuing => "issuing",
        Step.Certificate or Step.Keeping => "certificate",
        _ => "renewal",
    };

    private IReadOnlyList<AcmeEffect> OnWoken() => _step switch
    {
        Step.Validation => [Read(_authorization)],
        Step.Issuing => [Read(_order)],
        _ => Become(Step.Directory, new AcmeEffect.Ask(AcmeRequestKind.Get, settings.Directory)),
    };

    private IReadOnlyList<AcmeEffect> OnJson(AcmeReply reply, JsonObject json, DateTimeOffset now) => _step switch
    {
        Step.Directory => OnDirectory(json, now),
        Step.Account => OnAccount(reply, json, now),
        Step.Order => OnOrder(reply, json, now),
        Step.Authorization or Step.Validation => OnAuthorization(reply, json, now),
        Step.Challenge => Poll(Step.Validation, reply, now),
        Step.Finalize or Step.Issuing => OnIssuing(reply, json, now),
        _ => Fail("a reply nobody asked for", now),
    };

    private IReadOnlyList<AcmeEffect> OnDirectory(JsonObject json, DateTimeOffset now)
    {
        _directory = json;
        if (IsDue(now))
        {
            return BeginOrder(now);
        }

        return json.Text("renewalInfo") is { Length: > 0 } url && _current!.RenewalId is { } id
            ? Become(Step.RenewalInfo, new AcmeEffect.Ask(AcmeRequestKind.Get, $"{url.TrimEnd('/')}/{id}"))
            : SleepUntilDue(now, LongestSleep);
    }

    private IReadOnlyList<AcmeEffect> OnRenewalInfo(AcmeReply reply, DateTimeOffset now)
    {
        if (settings.RenewBefore == TimeSpan.Zero
            && RenewalTime.Suggested(reply, random.NextDouble()) is { } suggested
            && suggested < _current!.NotAfter)
        {
            _renewAt = suggested;
        }

        return IsDue(now) ? BeginOrder(now) : SleepUntilDue(now, reply.RetryAfter ?? RenewalInfoInterval);
    }

    private IReadOnlyList<AcmeEffect> BeginOrder(DateTimeOffset now)
    {
        if (_directory.Text("newAccount").Length == 0 || _directory.Text("newOrder").Length == 0
            || _directory.Text("newNonce").Length == 0)
        {
            return Fail("directory: newNonce, newAccount or newOrder is missing", now);
        }

        var account = new JsonObject { ["termsOfServiceAgreed"] = true };
        if (settings.Contact.Count > 0)
        {
            account["contact"] = new JsonArray(
                [.. settings.Contact.Select(static mail => JsonValue.Create($"mailto:{mail}"))]);
        }

        // An account that exists is found by its key (RFC 8555 §7.3.1), so there is nothing to remember.
        return Become(
            Step.Account,
            new AcmeEffect.Ask(AcmeRequestKind.Account, _directory.Text("newAccount"), account.ToJsonString()));
    }

    private IReadOnlyList<AcmeEffect> OnAccount(AcmeReply reply, JsonObject json, DateTimeOffset now)
    {
        if (reply.Location.Length == 0 || json.Text("status") is not ("valid" or ""))
        {
            return Fail($"account: it is {json.Text("status")}", now);
        }

        var order = new JsonObject
        {
            ["identifiers"] = new JsonArray(
            [
                .. settings.Names.Select(static name => new JsonObject { ["type"] = "dns", ["value"] = name }),
            ]),
        };
        if (_directory.Text("renewalInfo").Length > 0 && _current?.RenewalId is { } id && _failures == 0)
        {
            // Only with the first try: an authority that knows of no such predecessor refuses the order.
            order["replaces"] = id;
        }

        return Become(
            Step.Order,
            new AcmeEffect.Ask(AcmeRequestKind.Signed, _directory.Text("newOrder"), order.ToJsonString()));
    }

    private IReadOnlyList<AcmeEffect> OnOrder(AcmeReply reply, JsonObject json, DateTimeOffset now)
    {
        _order = reply.Location;
        _finalize = json.Text("finalize");
        _authorizations.Clear();
        foreach (string url in json.Texts("authorizations"))
        {
            _authorizations.Enqueue(url);
        }

        return _order.Length == 0 || _finalize.Length == 0
            ? Fail("new order: its address is missing", now)
            : NextAuthorization();
    }

    private IReadOnlyList<AcmeEffect> NextAuthorization()
    {
        if (_authorizations.TryDequeue(out string? url))
        {
            _authorization = url;
            return Become(Step.Authorization, Read(url));
        }

        return Become(Step.Finalize, new AcmeEffect.Ask(AcmeRequestKind.Finalize, _finalize));
    }

    private IReadOnlyList<AcmeEffect> OnAuthorization(AcmeReply reply, JsonObject json, DateTimeOffset now)
    {
        string status = json.Text("status");
        string host = (json["identifier"] as JsonObject)?.Text("value").ToLowerInvariant() ?? "";
        JsonObject? challenge = (json["challenges"] as JsonArray ?? []).OfType<JsonObject>()
            .FirstOrDefault(one => one.Text("type") == settings.ChallengeType);
        if (status == "valid")
        {
            return NextAuthorization();
        }

        if (status == "pending" && _step == Step.Validation)
        {
            return Poll(Step.Validation, reply, now);
        }

        if (status != "pending")
        {
            string why = AcmeProblem.Describe(challenge?["error"] as JsonObject);
            return Fail($"{host} was not validated: {(why.Length > 0 ? why : status)}", now);
        }

        string token = challenge?.Text("token") ?? "";
        if (challenge is null || token.Length == 0 || !token.All(IsTokenCharacter) || !settings.Names.Contains(host))
        {
            return Fail($"{host}: the authority offers no {settings.ChallengeType} challenge", now);
        }

        _pollUntil = now + LongestPolling;
        _step = Step.Challenge;
        return
        [
            new AcmeEffect.Show(
                new ChallengeAnswer(host, settings.ChallengeType, token, $"{token}.{settings.Thumbprint}")),
            new AcmeEffect.Ask(AcmeRequestKind.Signed, challenge.Text("url"), "{}"),
        ];
    }

    private IReadOnlyList<AcmeEffect> OnIssuing(AcmeReply reply, JsonObject json, DateTimeOffset now)
    {
        if (_step == Step.Finalize)
        {
            _pollUntil = now + LongestPolling;
        }

        return json.Text("status") switch
        {
            "valid" when json.Text("certificate") is { Length: > 0 } url => Become(Step.Certificate, Read(url)),
            "processing" or "ready" => Poll(Step.Issuing, reply, now),
            var status => Fail(
                $"issuing: {(AcmeProblem.Describe(json["error"] as JsonObject) is { Length: > 0 } why ? why : status)}",
                now),
        };
    }

    private IReadOnlyList<AcmeEffect> OnKept(CertificateLife life, DateTimeOffset now)
    {
        _failures = 0;
        _current = life;
        _renewAt = RenewalTime.Planned(life, settings.RenewBefore, random.NextDouble());
        return [AcmeEffect.HideAll.Instance, .. SleepUntilDue(now, RenewalInfoInterval)];
    }

    private IReadOnlyList<AcmeEffect> Poll(Step step, AcmeReply reply, DateTimeOffset now)
    {
        if (now >= _pollUntil)
        {
            return Fail($"{Doing}: it takes the authority too long", now);
        }

        TimeSpan wait = reply.RetryAfter ?? PollInterval;
        return Become(
            step, new AcmeEffect.Sleep(now + Clamp(wait, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1))));
    }

    private IReadOnlyList<AcmeEffect> SleepUntilDue(DateTimeOffset now, TimeSpan atMost)
    {
        DateTimeOffset look = now + Clamp(atMost, ShortestSleep, LongestSleep);
        return Become(Step.Asleep, new AcmeEffect.Sleep(look < _renewAt ? look : _renewAt));
    }

    /// <param name="retryAfter">What the authority asks for: a limit of its own counts more than our schedule.</param>
    private IReadOnlyList<AcmeEffect> Fail(string problem, DateTimeOffset now, TimeSpan? retryAfter = null)
    {
        TimeSpan pause = FirstBackOff * (1 << Math.Min(_failures, LongestBackOffSteps));
        pause = Clamp(pause, FirstBackOff, LongestBackOff) * (0.75 + (0.5 * random.NextDouble()));
        TimeSpan asked = Clamp(retryAfter ?? TimeSpan.Zero, TimeSpan.Zero, LongestRefusal);
        DateTimeOffset retry = now + (asked > pause ? asked : pause);
        _failures++;
        _step = Step.Asleep;
        return
        [
            AcmeEffect.HideAll.Instance, new AcmeEffect.Complain(problem, retry), new AcmeEffect.Sleep(retry),
        ];
    }

    private bool IsDue(DateTimeOffset now) => _current is null || now >= _renewAt;

    private IReadOnlyList<AcmeEffect> Become(Step step, AcmeEffect effect)
    {
        _step = step;
        return [effect];
    }

    private static AcmeEffect.Ask Read(string url) => new AcmeEffect.Ask(AcmeRequestKind.Signed, url);

    private static TimeSpan Clamp(TimeSpan value, TimeSpan min, TimeSpan max) =>
        value < min ? min : value > max ? max : value;

    /// <summary>base64url: the token becomes part of a path.</summary>
    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
