using System.Globalization;
using System.Text;

namespace Proxy.Tests.Cluster.Exporting;

/// <summary>A strict reader of the Prometheus text format 0.0.4, written from its description and sharing nothing
/// with the writer. It throws with the line that is wrong.</summary>
internal sealed class ExpositionChecker
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _helps = [];
    private readonly HashSet<string> _closed = [];
    private readonly Dictionary<string, double> _samples = [];
    private string _family = "";

    /// <summary>Series, written name{label="value",...} with labels sorted, to value.</summary>
    public IReadOnlyDictionary<string, double> Samples => _samples;

    public IReadOnlyDictionary<string, string> Types => _types;

    public static ExpositionChecker Read(string text)
    {
        var checker = new ExpositionChecker();
        Require(text.EndsWith('\n'), "the last line has no line feed");
        foreach (string line in text[..^1].Split('\n'))
        {
            try
            {
                checker.ReadLine(line);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{e.Message} in line: {line}");
            }
        }

        checker.CheckHistograms();
        return checker;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException(message);
        }
    }

    private void ReadLine(string line)
    {
        string[] words = line.Split(' ', 4);
        if (words[0] == "#")
        {
            Require(words.Length == 4 && words[1] is "HELP" or "TYPE", "neither HELP nor TYPE");
            string name = words[2];
            Require(IsName(name, colon: true), "bad metric name");
            if (words[1] == "HELP")
            {
                Require(_helps.Add(name), "second HELP");
                Require(_closed.Add(_family) || _family.Length == 0, "family interrupted");
                Require(!_closed.Contains(name), "family begun twice");
                Require(words[3].Length > 0, "empty HELP");
                _family = name;
            }
            else
            {
                Require(_family == name, "TYPE without its HELP before it");
                Require(words[3] is "counter" or "gauge" or "histogram", "unknown type");
                Require(_types.TryAdd(name, words[3]), "second TYPE");
                bool saysTotal = name.EndsWith("_total", StringComparison.Ordinal);
                Require((words[3] == "counter") == saysTotal, "a counter and _total");
            }

            return;
        }

        ReadSample(line);
    }

    private void ReadSample(string line)
    {
        int end = line.IndexOfAny(['{', ' ']);
        Require(end > 0, "no name");
        string name = line[..end];
        Require(IsName(name, colon: true), "bad metric name");
        Require(BelongsToFamily(name), $"does not belong to {_family}");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        int at = end;
        if (line[at] == '{')
        {
            at = ReadLabels(line, at + 1, labels);
        }

        Require(at < line.Length && line[at] == ' ', "no space before the value");
        double value = ReadNumber(line[(at + 1)..]);
        Require(_types[_family] == "gauge" || value >= 0, "negative count");
        string key = name + "{" + string.Join(',', labels.Select(label => $"{label.Key}=\"{label.Value}\"")) + "}";
        Require(_samples.TryAdd(key, value), "series twice");
    }

    private bool BelongsToFamily(string name) => _types.GetValueOrDefault(_family) == "histogram"
        ? name == _family + "_bucket" || name == _family + "_sum" || name == _family + "_count"
        : _types.ContainsKey(_family) && name == _family;

    private static int ReadLabels(string line, int at, SortedDictionary<string, string> labels)
    {
        while (true)
        {
            int equals = line.IndexOf('=', at);
            Require(equals > at, "label without value");
            string label = line[at..equals];
            Require(IsName(label, colon: false) && !label.StartsWith("__", StringComparison.Ordinal), "bad label name");
            at = equals + 1;
            Require(line[at++] == '"', "label value without quotes");
            var value = new StringBuilder();
            while (line[at] != '"')
            {
                char letter = line[at++];
                if (letter == '\\')
                {
                    letter = line[at++];
                    Require(letter is '\\' or '"' or 'n', "bad escape");
                    letter = letter == 'n' ? '\n' : letter;
                }

                value.Append(letter);
            }

            Require(labels.TryAdd(label, value.ToString()), "label twice");
            at++;
            if (line[at] == '}')
            {
                return at + 1;
            }

            Require(line[at++] == ',', "no comma between labels");
        }
    }

    private static double ReadNumber(string text)
    {
        Require(!text.Contains(' ', StringComparison.Ordinal), "something after the value");
        return text == "+Inf"
            ? double.PositiveInfinity
            : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private static bool IsName(string name, bool colon) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colon && c == ':'));

    private void CheckHistograms()
    {
        foreach (string family in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            string prefix = family + "_count{";
            foreach (KeyValuePair<string, double> count in _samples.Where(
                sample => sample.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                string labels = count.Key[(family.Length + 7)..^1];
                Require(_samples.ContainsKey($"{family}_sum{{{labels}}}"), $"{count.Key} has no sum");
                double lastBound = double.NegativeInfinity;
                double lastCount = 0;
                foreach ((double bound, double value) in Buckets(family, labels))
                {
                    Require(bound > lastBound, $"{count.Key}: bounds not ascending");
                    Require(value >= lastCount, $"{count.Key}: counts not cumulative");
                    (lastBound, lastCount) = (bound, value);
                }

                Require(double.IsPositiveInfinity(lastBound), $"{count.Key} has no +Inf");
                Require(lastCount == count.Value, $"{count.Key} differs from +Inf");
            }
        }
    }

    // In the order they were written. "le" sorts before every other label the writer uses for histograms but "a".."ld".
    private IEnumerable<(double Bound, double Value)> Buckets(string family, string labels)
    {
        foreach (KeyValuePair<string, double> sample in _samples)
        {
            string prefix = family + "_bucket{le=\"";
            if (sample.Key.StartsWith(prefix, StringComparison.Ordinal)
                && sample.Key.EndsWith($"\",{labels}}}", StringComparison.Ordinal))
            {
                int end = sample.Key.IndexOf('"', prefix.Length);
                yield return (ReadNumber(sample.Key[prefix.Length..end]), sample.Value);
            }
        }
    }
}
