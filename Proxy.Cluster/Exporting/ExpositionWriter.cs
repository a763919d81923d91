using System.Buffers;
using System.Globalization;
using System.Text;
using Proxy.Edge.Telemetry;

namespace Proxy.Cluster.Exporting;

/// <summary>The Prometheus text format 0.0.4: families of samples, each with one HELP and one TYPE line before its
/// samples. The caller gives all samples of a family in a row.</summary>
internal sealed class ExpositionWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Powers of two, because there the histograms' counts are exact; 64 µs to 67 s.
    private const int FirstBoundExponent = 6;
    private const int LastBoundExponent = 26;
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private string _family = "";

    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>Begins a counter; its name ends in "_total".</summary>
    public void Counter(string name, string help) => Family(name, "counter", help);

    public void Gauge(string name, string help) => Family(name, "gauge", help);

    public void Histogram(string name, string help) => Family(name, "histogram", help);

    /// <summary>A sample of the family begun last.</summary>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Line(_family, labels, value.ToString("R", CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Sample(double, ReadOnlySpan{ValueTuple{string, string}})"/>
    public void Sample(long value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Line(_family, labels, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>All samples of one histogram, in seconds. Loops count on meanwhile, so what is written comes from one
    /// private copy and adds up.</summary>
    public void Buckets(LatencyHistogram copy, string labelName, string labelValue)
    {
        string bucket = _family + "_bucket";
        for (int exponent = FirstBoundExponent; exponent <= LastBoundExponent; exponent++)
        {
            long bound = 1L << exponent;
            string le = (bound / 1e6).ToString("0.######", CultureInfo.InvariantCulture);
            string count = copy.CountBelow(bound).ToString(CultureInfo.InvariantCulture);
            Line(bucket, [(labelName, labelValue), ("le", le)], count);
        }

        string all = copy.Count.ToString(CultureInfo.InvariantCulture);
        Line(bucket, [(labelName, labelValue), ("le", "+Inf")], all);
        string sum = (copy.Sum / 1e6).ToString("R", CultureInfo.InvariantCulture);
        Line(_family + "_sum", [(labelName, labelValue)], sum);
        Line(_family + "_count", [(labelName, labelValue)], all);
    }

    private void Family(string name, string type, string help)
    {
        _family = name;
        Text($"# HELP {name} {help.Replace("\\", "\\\\").Replace("\n", "\\n")}\n# TYPE {name} {type}\n");
    }

    private void Line(string name, ReadOnlySpan<(string Name, string Value)> labels, string value)
    {
        Text(name);
        for (int i = 0; i < labels.Length; i++)
        {
            Text(i == 0 ? "{" : ",");
            Text(labels[i].Name);
            Text("=\"");
            Text(Escape(labels[i].Value));
            Text("\"");
        }

        Text(labels.IsEmpty ? " " : "} ");
        Text(value);
        Text("\n");
    }

    private static string Escape(string value) => value.AsSpan().IndexOfAny("\\\"\n") < 0
        ? value
        : value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private void Text(string text) => Encoding.UTF8.GetBytes(text, _output);
}
