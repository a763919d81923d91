using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of the connections to other nodes. Counters begin anew with each connection.</summary>
internal static class PeerMetrics
{
    public static void Write(ExpositionWriter output, IReadOnlyList<PeerStatus> peers)
    {
        if (peers.Count == 0)
        {
            return;
        }

        Gauge("proxy_peer_connected", "Always 1 for a node that is connected.", static _ => 1);
        Gauge("proxy_peer_behind_entries", "Entries written here that it has not confirmed.", static p => p.Behind);
        Gauge("proxy_peer_queued_bytes", "Bytes that wait to be sent to it.", static p => p.QueuedBytes);
        Gauge("proxy_peer_round_trip_seconds", "There and back.", static p => Math.Max(0, p.RoundTrip) / 1e3);
        Gauge("proxy_peer_clock_offset_seconds", "Its clock minus ours.", static p => p.ClockOffset / 1e3);
        Counter("proxy_peer_sent_bytes_total", "Bytes sent to it.", static p => p.BytesSent);
        Counter("proxy_peer_received_bytes_total", "Bytes received from it.", static p => p.BytesReceived);
        Counter("proxy_peer_snapshots_total", "How often it got all entries.", static p => p.Snapshots);
        Counter("proxy_peer_repairs_total", "Buckets of entries it asked for again.", static p => p.Repairs);

        void Gauge(string name, string help, Func<PeerStatus, double> value)
        {
            output.Gauge(name, help);
            Samples(value);
        }

        void Counter(string name, string help, Func<PeerStatus, double> value)
        {
            output.Counter(name, help);
            Samples(value);
        }

        void Samples(Func<PeerStatus, double> value)
        {
            foreach (PeerStatus peer in peers)
            {
                output.Sample(value(peer), ("peer", peer.Node));
            }
        }
    }
}
