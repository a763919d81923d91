using Proxy.Cluster.Acme;

namespace Proxy.Tests.Cluster.Acme;

/// <summary>An order machine with an authority that says what the test says, on virtual time.</summary>
internal sealed class AcmeScript
{
    public const string DirectoryUrl = "https://ca.test/dir";
    private const string DirectoryBody = """
        { "newNonce": "https://ca.test/nonce", "newAccount": "https://ca.test/account",
          "newOrder": "https://ca.test/new-order", "renewalInfo": "https://ca.test/renewal" }
        """;

    private readonly AcmeMachine _machine;

    public AcmeScript(CertificateLife? current = null, TimeSpan renewBefore = default, int seed = 7) =>
        _machine = new AcmeMachine(
            new AcmeSettings(
                DirectoryUrl, ["shop.test"], ["ops@shop.test"], "http-01", "thumb", renewBefore),
            current, new Random(seed));

    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

    public IReadOnlyList<AcmeEffect> Effects { get; private set; } = [];

    public AcmeEffect.Ask Asked => Assert.IsType<AcmeEffect.Ask>(Effects[^1]);

    public DateTimeOffset SleepsUntil => Assert.IsType<AcmeEffect.Sleep>(Effects[^1]).Until;

    public string Complaint => Effects.OfType<AcmeEffect.Complain>().Single().Problem;

    public IReadOnlyList<AcmeEffect> Give(AcmeInput input) => Effects = _machine.Handle(input, Now);

    public void Reply(string body, int status = 200, string location = "", TimeSpan? retryAfter = null) =>
        Give(new AcmeInput.Replied(new AcmeReply(status, body, location, retryAfter)));

    public void Wake() => Give(AcmeInput.Woken.Instance);

    /// <summary>Sleeps as long as the machine wants.</summary>
    public void SleepAndWake()
    {
        Now = SleepsUntil;
        Wake();
    }

    public void ToDirectory()
    {
        Wake();
        Assert.Equal(new AcmeEffect.Ask(AcmeRequestKind.Get, DirectoryUrl), Asked);
        Reply(DirectoryBody);
    }

    public void ToOrder()
    {
        ToDirectory();
        Assert.Equal(AcmeRequestKind.Account, Asked.Kind);
        Reply("""{ "status": "valid" }""", 201, "https://ca.test/account/1");
    }

    public void ToAuthorization()
    {
        ToOrder();
        Assert.Equal("https://ca.test/new-order", Asked.Url);
        Reply(
            """
            { "status": "pending", "authorizations": ["https://ca.test/authz/1"],
              "finalize": "https://ca.test/finalize/1" }
            """,
            201, "https://ca.test/order/1");
        Assert.Equal(new AcmeEffect.Ask(AcmeRequestKind.Signed, "https://ca.test/authz/1"), Asked);
    }

    public void ReplyAuthorization(string status, string more = "", string token = "abc_-1", string type = "http-01") =>
        Reply($$"""
            { "status": "{{status}}", "identifier": { "type": "dns", "value": "shop.test" },
              "challenges": [ { "type": "dns-01", "url": "https://ca.test/other", "token": "other" },
                { "type": "{{type}}", "url": "https://ca.test/challenge/1", "token": "{{token}}" {{more}} } ] }
            """);

    public void ToFinalize()
    {
        ToAuthorization();
        ReplyAuthorization("valid");
        Assert.Equal(new AcmeEffect.Ask(AcmeRequestKind.Finalize, "https://ca.test/finalize/1"), Asked);
    }
}
