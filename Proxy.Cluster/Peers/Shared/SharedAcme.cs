using System.Security.Cryptography;
using System.Text;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Peers.Blobs;

namespace Proxy.Cluster.Peers.Shared;

/// <summary>Shares what ordering certificates makes: answers to challenges with every node's edge, and certificates
/// with their keys. All of it sealed. Safe on every thread.</summary>
/// <param name="isOrderer">Whether ordering is this node's turn.</param>
internal sealed class SharedAcme(BlobReplica blobs, BlobSeal seal, TimeProvider time, Func<bool> isOrderer)
    : IAcmeCluster
{
    private const string Challenges = "acme/challenge/";
    private const string Certificates = "acme/";

    /// <summary>An authority that has not asked by then never will.</summary>
    private static readonly TimeSpan ChallengeLife = TimeSpan.FromHours(1);

    /// <summary>No certificate of an authority lives longer.</summary>
    private static readonly TimeSpan CertificateLife = TimeSpan.FromDays(398);

    private readonly Dictionary<string, ChallengeAnswer> _foreign = new(StringComparer.Ordinal);

    public bool IsOrderer => isOrderer();

    private long Wall => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>From now on what other nodes show is shown at this edge too.</summary>
    public void Start(ChallengeDesk desk) => blobs.Watch(Challenges, (name, content) => Take(desk, name, content));

    public void Shown(ChallengeAnswer challenge)
    {
        string name = NameOf(challenge);
        // None of the four has a line break in it.
        string text = string.Join('\n', challenge.Host, challenge.Type, challenge.Token, challenge.Answer);
        blobs.Write(name, seal.Seal(name, Encoding.UTF8.GetBytes(text)), ChallengeLife, Wall);
    }

    public void Hidden(ChallengeAnswer challenge) => blobs.Write(NameOf(challenge), null, ChallengeLife, Wall);

    public void Issued(string name, byte[] certificate) => blobs.Write(
        Certificates + name, seal.Seal(Certificates + name, certificate), CertificateLife, Wall);

    public byte[]? Find(string name) =>
        blobs.Read(Certificates + name, Wall) is { } content ? seal.Open(Certificates + name, content) : null;

    private static string NameOf(ChallengeAnswer challenge) => Challenges + Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{challenge.Type} {challenge.Host} {challenge.Token}")).AsSpan(0, 12));

    /// <summary>Watchers are called one at a time.</summary>
    private void Take(ChallengeDesk desk, string name, byte[]? content)
    {
        if (_foreign.Remove(name, out ChallengeAnswer? old))
        {
            desk.Hide(old);
        }

        if (content is not null && seal.Open(name, content) is { } text
            && Encoding.UTF8.GetString(text).Split('\n') is [var host, var type, var token, var answer])
        {
            var challenge = new ChallengeAnswer(host, type, token, answer);
            _foreign[name] = challenge;
            desk.Show(challenge, time.GetUtcNow());
        }
    }
}
