namespace Proxy.Cluster.Acme;

/// <summary>How a request is signed, and what its body is.</summary>
internal enum AcmeRequestKind
{
    /// <summary>A plain GET: directory, renewal information.</summary>
    Get,

    /// <summary>Signed with the key itself; the reply's Location becomes the account.</summary>
    Account,

    /// <summary>Signed for the account. Without payload it reads (POST-as-GET, RFC 8555 §6.3).</summary>
    Signed,

    /// <summary>As Signed; the payload is a certificate request for a fresh key.</summary>
    Finalize,
}

/// <summary>What <see cref="AcmeMachine"/> wants done. Carried out in the order given; the last one of a list is always
/// Ask, Keep or Sleep, and what comes of it is the machine's next input.</summary>
internal abstract record AcmeEffect
{
    private AcmeEffect()
    {
    }

    /// <summary>A request; next input Replied or Failed.</summary>
    internal sealed record Ask(AcmeRequestKind Kind, string Url, string? Payload = null) : AcmeEffect;

    /// <summary>From now on the edge gives this answer.</summary>
    internal sealed record Show(ChallengeAnswer Challenge) : AcmeEffect;

    /// <summary>The edge forgets all answers of this order.</summary>
    internal sealed record HideAll : AcmeEffect
    {
        public static readonly HideAll Instance = new();
    }

    /// <summary>Check, store and use this chain; next input Kept or Failed.</summary>
    internal sealed record Keep(string ChainPem) : AcmeEffect;

    /// <summary>Nothing to do before; next input Woken.</summary>
    internal sealed record Sleep(DateTimeOffset Until) : AcmeEffect;

    /// <summary>For the log.</summary>
    /// <param name="Retry">When it is tried again.</param>
    internal sealed record Complain(string Problem, DateTimeOffset Retry) : AcmeEffect;
}

/// <summary>What happened.</summary>
internal abstract record AcmeInput
{
    private AcmeInput()
    {
    }

    internal sealed record Woken : AcmeInput
    {
        public static readonly Woken Instance = new();
    }

    internal sealed record Replied(AcmeReply Reply) : AcmeInput;

    /// <summary>No reply came, or the certificate cannot be used.</summary>
    internal sealed record Failed(string Reason) : AcmeInput;

    internal sealed record Kept(CertificateLife Life) : AcmeInput;
}

/// <summary>A reply of the authority.</summary>
/// <param name="Location">Absolute; "" when there is none.</param>
internal sealed record AcmeReply(int Status, string Body, string Location = "", TimeSpan? RetryAfter = null);
