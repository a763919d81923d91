using System.Globalization;
using System.Runtime.InteropServices;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Exporting;

/// <summary>Everything the node counts, as Prometheus reads it. Names begin with "proxy_"; times are seconds.</summary>
internal static class PrometheusWriter
{
    public static ReadOnlyMemory<byte> Write(NodeMetrics node)
    {
        var output = new ExpositionWriter();
        WriteProcess(output, node);
        WriteMemory(output);
        WriteLoops(output, node.Telemetry);
        WriteTraffic(output, node.Telemetry);
        WriteFaults(output, node.Telemetry);
        WriteAccessLog(output, node.Telemetry);
        TlsMetrics.Write(output, node);
        AcmeMetrics.Write(output, node.AcmeOrders);
        VipMetrics.Write(output, node.Vips);
        ClusterMetrics.Write(output, node.Cluster);
        PeerMetrics.Write(output, node.Peers);
        TopologyMetrics.WriteListeners(output, node);
        TopologyMetrics.WriteRoutes(output, node);
        LimitMetrics.Write(output, node);
        TopologyMetrics.WritePools(output, node);
        MemberMetrics.Write(output, node);
        return output.Written;
    }

    private static void WriteProcess(ExpositionWriter output, NodeMetrics node)
    {
        output.Gauge("proxy_build_info", "Always 1; the labels say what runs.");
        output.Sample(
            1,
            ("node", node.NodeName),
            ("version", node.Version),
            ("runtime", RuntimeInformation.FrameworkDescription));
        output.Gauge("proxy_start_time_seconds", "Start of the process, seconds since 1970.");
        output.Sample(node.StartedAt.ToUnixTimeMilliseconds() / 1e3);
        output.Gauge("proxy_uptime_seconds", "Time since the start of the process.");
        output.Sample((node.Now - node.StartedAt).TotalSeconds);
        output.Gauge("proxy_ready", "1 when the node takes traffic.");
        output.Sample(node.IsReady ? 1 : 0);
        output.Gauge("proxy_config_revision", "Number of the configuration revision in use.");
        output.Sample(node.Snapshot.Revision);

        Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
        output.Counter("proxy_process_cpu_seconds_total", "CPU time of the process.");
        output.Sample(cpu.UserTime.TotalSeconds, ("mode", "user"));
        output.Sample(cpu.PrivilegedTime.TotalSeconds, ("mode", "system"));
        output.Gauge("proxy_process_resident_memory_bytes", "Memory of the process that is resident.");
        output.Sample(Environment.WorkingSet);
    }

    private static void WriteMemory(ExpositionWriter output)
    {
        output.Gauge("proxy_gc_heap_bytes", "Managed heap after the last collection.");
        output.Sample(GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes);
        output.Counter("proxy_gc_allocated_bytes_total", "Managed memory allocated since the start.");
        output.Sample(GC.GetTotalAllocatedBytes());
        output.Counter("proxy_gc_collections_total", "Collections, by the oldest generation collected.");
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            // .NET counts a collection for each generation it took part in.
            int older = generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0;
            long own = Math.Max(0, GC.CollectionCount(generation) - older);
            output.Sample(own, ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        }

        output.Counter("proxy_gc_pause_seconds_total", "Time all threads stood still for collections.");
        output.Sample(GC.GetTotalPauseDuration().TotalSeconds);
    }

    private static void WriteLoops(ExpositionWriter output, EdgeTelemetry telemetry)
    {
        output.Gauge("proxy_loop_connections_open", "Client connections open on the loop.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.ConnectionsOpen));
        output.Counter("proxy_loop_connections_accepted_total", "Client connections accepted by the loop.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.ConnectionsAccepted));
        output.Counter("proxy_loop_requests_total", "Requests the loop has finished.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.Requests));
        output.Counter("proxy_loop_turns_total", "Rounds of the loop.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.Turns));
        output.Counter("proxy_loop_timer_fires_total", "Timers that fired.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.TimerFires));
        output.Gauge("proxy_loop_buffer_pool_bytes", "Memory held by the loop's buffers.");
        PerLoop(output, telemetry, c => Volatile.Read(ref c.PoolMemoryBytes));
        output.Counter("proxy_loop_busy_seconds_total", "Time the loop was not waiting.");
        for (int i = 0; i < telemetry.Loops.Count; i++)
        {
            double seconds = Volatile.Read(ref telemetry.Loop(i).Counters.BusyMicroseconds) / 1e6;
            output.Sample(seconds, ("loop", i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static void WriteTraffic(ExpositionWriter output, EdgeTelemetry telemetry)
    {
        Total("proxy_connections_refused_total", "Connections closed right after accepting because of a limit.",
            c => Volatile.Read(ref c.ConnectionsRefused));
        output.Counter("proxy_responses_total", "Answers by class of status; none = the client got no status.");
        Class("1xx", c => Volatile.Read(ref c.Responses.Class1));
        Class("2xx", c => Volatile.Read(ref c.Responses.Class2));
        Class("3xx", c => Volatile.Read(ref c.Responses.Class3));
        Class("4xx", c => Volatile.Read(ref c.Responses.Class4));
        Class("5xx", c => Volatile.Read(ref c.Responses.Class5));
        Class("none", c => Volatile.Read(ref c.Responses.None));
        Total("proxy_received_bytes_total", "Bytes from clients.", c => Volatile.Read(ref c.BytesFromClients));
        Total("proxy_sent_bytes_total", "Bytes to clients.", c => Volatile.Read(ref c.BytesToClients));
        Total("proxy_splice_bytes_total", "Body bytes that never entered user space.",
            c => Volatile.Read(ref c.SpliceBytes));
        Total("proxy_retries_total", "Attempts after the first one of an exchange.", c => Volatile.Read(ref c.Retries));
        Total("proxy_upgrades_total", "Connections that became tunnels.", c => Volatile.Read(ref c.Upgrades));
        output.Gauge("proxy_tunnels_open", "Connections that are tunnels now.");
        output.Sample(telemetry.Sum(loop => Volatile.Read(ref loop.Counters.TunnelsOpen)));

        void Total(string name, string help, Func<LoopCounters, long> read)
        {
            output.Counter(name, help);
            output.Sample(telemetry.Sum(loop => read(loop.Counters)));
        }

        void Class(string name, Func<LoopCounters, long> read) =>
            output.Sample(telemetry.Sum(loop => read(loop.Counters)), ("class", name));
    }

    private static void WriteFaults(ExpositionWriter output, EdgeTelemetry telemetry)
    {
        output.Counter("proxy_faults_total", "Exchanges that failed, by cause and by whose doing it was.");
        for (int i = 1; i < FaultNames.Count; i++)
        {
            var fault = (ProxyFault)i;
            string side = fault.Side().ToString().ToLowerInvariant();
            output.Sample(telemetry.Sum(loop => loop.Faults(fault)), ("fault", fault.Name()), ("side", side));
        }
    }

    private static void WriteAccessLog(ExpositionWriter output, EdgeTelemetry telemetry)
    {
        output.Counter("proxy_access_log_records_total", "Records handed to the access log's writer.");
        output.Sample(telemetry.Sum(loop => Volatile.Read(ref loop.Counters.AccessLogRecords)));
        output.Counter("proxy_access_log_dropped_total", "Records dropped because the writer did not keep up.");
        output.Sample(telemetry.Sum(loop => Volatile.Read(ref loop.Counters.AccessLogDrops)));
        output.Counter("proxy_access_log_written_bytes_total", "Bytes written to access logs.");
        output.Sample(Volatile.Read(ref telemetry.AccessLog.BytesWritten));
        output.Counter("proxy_access_log_errors_total", "Failed attempts to write, rotate or reopen an access log.");
        output.Sample(Volatile.Read(ref telemetry.AccessLog.Errors));
        output.Counter("proxy_access_log_rotations_total", "Access logs rotated by size.");
        output.Sample(Volatile.Read(ref telemetry.AccessLog.Rotations));
    }

    private static void PerLoop(ExpositionWriter output, EdgeTelemetry telemetry, Func<LoopCounters, long> read)
    {
        for (int i = 0; i < telemetry.Loops.Count; i++)
        {
            output.Sample(read(telemetry.Loop(i).Counters), ("loop", i.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
