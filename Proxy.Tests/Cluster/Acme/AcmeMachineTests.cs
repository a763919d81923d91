using Proxy.Cluster.Acme;

namespace Proxy.Tests.Cluster.Acme;

public sealed class AcmeMachineTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(60);

    private static CertificateLife NinetyDays(DateTimeOffset from) => new(from, from.AddDays(90), "aki.serial");

    private static string Window(DateTimeOffset start, DateTimeOffset end) => $$"""
        { "suggestedWindow": { "start": "{{start:yyyy-MM-ddTHH:mm:ssZ}}", "end": "{{end:yyyy-MM-ddTHH:mm:ssZ}}" } }
        """;

    [Fact]
    public void An_order_goes_from_directory_to_certificate()
    {
        var script = new AcmeScript();

        script.ToAuthorization();
        script.ReplyAuthorization("pending");
        var shown = Assert.IsType<AcmeEffect.Show>(script.Effects[0]).Challenge;
        Assert.Equal(new ChallengeAnswer("shop.test", "http-01", "abc_-1", "abc_-1.thumb"), shown);
        Assert.Equal(new AcmeEffect.Ask(AcmeRequestKind.Signed, "https://ca.test/challenge/1", "{}"), script.Asked);
        script.Reply("""{ "status": "processing" }""", retryAfter: TimeSpan.FromSeconds(7));
        Assert.Equal(script.Now.AddSeconds(7), script.SleepsUntil);
        script.SleepAndWake();
        Assert.Equal("https://ca.test/authz/1", script.Asked.Url);
        script.ReplyAuthorization("pending");
        script.SleepAndWake();
        script.ReplyAuthorization("valid");
        Assert.Equal(AcmeRequestKind.Finalize, script.Asked.Kind);
        script.Reply("""{ "status": "processing" }""");
        script.SleepAndWake();
        Assert.Equal("https://ca.test/order/1", script.Asked.Url);
        script.Reply("""{ "status": "valid", "certificate": "https://ca.test/cert/1" }""");
        Assert.Equal("https://ca.test/cert/1", script.Asked.Url);
        script.Reply("the chain");
        Assert.Equal([new AcmeEffect.Keep("the chain")], script.Effects);
        script.Give(new AcmeInput.Kept(NinetyDays(script.Now)));

        Assert.IsType<AcmeEffect.HideAll>(script.Effects[0]);
        Assert.Equal(script.Now.AddHours(6), script.SleepsUntil);
    }

    [Fact]
    public void The_account_agrees_to_the_terms_and_the_order_names_its_predecessor()
    {
        var script = new AcmeScript(NinetyDays(Start.AddDays(-89)));

        script.ToDirectory();
        Assert.Equal("""{"termsOfServiceAgreed":true,"contact":["mailto:ops@shop.test"]}""", script.Asked.Payload);
        script.Reply("""{ "status": "valid" }""", 200, "https://ca.test/account/1");

        Assert.Equal(
            """{"identifiers":[{"type":"dns","value":"shop.test"}],"replaces":"aki.serial"}""", script.Asked.Payload);
    }

    [Fact]
    public void A_valid_authorization_is_not_proven_again()
    {
        new AcmeScript().ToFinalize();
    }

    [Fact]
    public void An_invalid_authorization_says_why_and_hides_the_answer()
    {
        var script = new AcmeScript();
        script.ToAuthorization();
        script.ReplyAuthorization("pending");
        script.Reply("{}");
        script.SleepAndWake();

        script.ReplyAuthorization("invalid", """
            , "error": { "type": "urn:ietf:params:acme:error:connection", "detail": "refused\nby 192.0.2.1" }
            """);

        Assert.Equal("shop.test was not validated: connection: refused by 192.0.2.1", script.Complaint);
        Assert.IsType<AcmeEffect.HideAll>(script.Effects[0]);
    }

    [Theory]
    [InlineData("../../secret", "http-01")]
    [InlineData("", "http-01")]
    [InlineData("abc", "tls-alpn-01")]
    public void A_challenge_that_cannot_be_answered_is_refused(string token, string type)
    {
        var script = new AcmeScript();
        script.ToAuthorization();

        script.ReplyAuthorization("pending", token: token, type: type);

        Assert.Equal("shop.test: the authority offers no http-01 challenge", script.Complaint);
        Assert.Empty(script.Effects.OfType<AcmeEffect.Show>());
    }

    [Fact]
    public void Failures_back_off_with_jitter_up_to_hours()
    {
        var script = new AcmeScript();
        double[] least =
            [.. Enumerable.Range(0, 12).Select(static i => Math.Min(Math.Pow(2, Math.Min(i, 9)), 360) * 0.75)];

        foreach (double minutes in least)
        {
            script.Wake();
            script.Give(new AcmeInput.Failed("connection refused"));

            Assert.Equal("directory: connection refused", script.Complaint);
            TimeSpan pause = script.SleepsUntil - script.Now;
            Assert.InRange(pause.TotalMinutes, minutes, minutes / 0.75 * 1.25);
            script.Now = script.SleepsUntil;
        }
    }

    [Fact]
    public void A_rate_limit_is_waited_for()
    {
        var script = new AcmeScript();
        script.ToOrder();

        script.Reply(
            """{ "type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many" }""", 429,
            retryAfter: TimeSpan.FromHours(30));

        Assert.Equal("new order: rateLimited: too many", script.Complaint);
        Assert.Equal(script.Now.AddHours(30), script.SleepsUntil);
    }

    [Fact]
    public void Polling_does_not_go_on_for_ever()
    {
        var script = new AcmeScript();
        script.ToAuthorization();
        script.ReplyAuthorization("pending");
        script.Reply("{}");
        int polls = 0;
        while (!script.Effects.OfType<AcmeEffect.Complain>().Any())
        {
            Assert.True(++polls < 1000, "it polls for ever");
            script.SleepAndWake();
            script.ReplyAuthorization("pending");
        }

        Assert.Equal("validation: it takes the authority too long", script.Complaint);
        Assert.InRange((script.Now - Start).TotalMinutes, 9, 11);
    }

    [Fact]
    public void A_certificate_that_is_there_is_renewed_after_two_thirds()
    {
        var script = new AcmeScript(NinetyDays(Start));

        script.Now = Start.AddDays(55);
        script.ToDirectory();
        script.Reply("nothing here", 404);
        Assert.True(script.SleepsUntil > script.Now && script.SleepsUntil <= script.Now.AddDays(1));
        script.Now = Start.AddDays(63);
        script.ToDirectory();

        Assert.Equal(AcmeRequestKind.Account, script.Asked.Kind);
    }

    [Fact]
    public void The_authority_may_want_it_back_early()
    {
        var script = new AcmeScript(NinetyDays(Start));
        script.Now = Start.AddDays(1);
        script.ToDirectory();
        Assert.Equal("https://ca.test/renewal/aki.serial", script.Asked.Url);

        script.Reply(Window(Start, Start.AddHours(1)));

        Assert.Equal(AcmeRequestKind.Account, script.Asked.Kind);
    }

    [Fact]
    public void The_suggested_window_is_asked_for_again_when_it_should_be()
    {
        var script = new AcmeScript(NinetyDays(Start));
        script.Now = Start.AddDays(1);
        script.ToDirectory();

        script.Reply(Window(Start.AddDays(50), Start.AddDays(51)), retryAfter: TimeSpan.FromHours(3));

        Assert.Equal(script.Now.AddHours(3), script.SleepsUntil);
        script.SleepAndWake();
        Assert.Equal(AcmeScript.DirectoryUrl, script.Asked.Url);
    }

    [Fact]
    public void Nodes_do_not_renew_at_the_same_moment()
    {
        CertificateLife life = NinetyDays(Start);
        DateTimeOffset[] times =
            [.. Enumerable.Range(0, 10).Select(i => RenewalTime.Planned(life, TimeSpan.Zero, i / 10.0))];

        Assert.Equal(10, times.Distinct().Count());
        Assert.All(times, time => Assert.InRange((time - Start).TotalDays, 57, 63));
        Assert.InRange((RenewalTime.Planned(life, TimeSpan.FromDays(30), 0.9) - Start).TotalDays, 57, 63);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{ "status": "a", "status": "b", "newOrder": "a", "newOrder": "b" }""")]
    [InlineData("""{ "status": "\\ud800", "newOrder": "\\ud800", "type": "\\ud800" }""")]
    [InlineData("""{ "status": 5, "authorizations": "x", "challenges": {}, "identifier": [] }""")]
    public void Whatever_the_authority_sends_ends_in_another_try(string body)
    {
        Action<AcmeScript>[] stages =
        [
            static script => script.Wake(), static script => script.ToOrder(),
            static script => script.ToAuthorization(), static script => script.ToFinalize(),
        ];
        foreach (Action<AcmeScript> stage in stages)
        {
            var script = new AcmeScript();
            stage(script);

            script.Reply(body);

            Assert.True(script.SleepsUntil > script.Now);
            script.SleepAndWake();
            Assert.Equal(AcmeScript.DirectoryUrl, script.Asked.Url);
        }
    }
}
