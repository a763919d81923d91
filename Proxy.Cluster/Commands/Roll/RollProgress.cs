using System.Text.Json;

namespace Proxy.Cluster.Commands.Roll;

/// <summary>The file that tells a later roll where to go on: the nodes, and how many of them are done.</summary>
internal static class RollProgress
{
    public static void Write(string file, IReadOnlyList<string> nodes, int done)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("done", done);
            json.WriteStartArray("nodes");
            foreach (string node in nodes)
            {
                json.WriteStringValue(node);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        File.WriteAllBytes(file + ".new", bytes.ToArray());
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>How many nodes are done; 0 when there is no file.</summary>
    /// <param name="problem">Why the file cannot be used; null when it can.</param>
    public static int Read(string file, IReadOnlyList<string> nodes, out string? problem)
    {
        problem = null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            IEnumerable<string?> saved = json.RootElement.GetProperty("nodes").EnumerateArray()
                .Select(static node => node.GetString());
            int done = json.RootElement.GetProperty("done").GetInt32();
            if (saved.SequenceEqual(nodes) && done >= 0 && done <= nodes.Count)
            {
                return done;
            }

            problem = $"{file} is of a roll over other nodes; remove it to begin anew";
        }
        catch (FileNotFoundException)
        {
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException)
        {
            problem = $"{file}: {error.Message}";
        }

        return 0;
    }
}
