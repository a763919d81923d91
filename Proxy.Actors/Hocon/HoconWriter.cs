using System.Text;

namespace Proxy.Actors.Hocon;

/// <summary>
/// Writes a resolved value as HOCON that reads back as an equal value: braces omitted at the root, quotes only where
/// they are needed, one member or item a line.
/// </summary>
public static class HoconWriter
{
    public static string Write(HoconValue value)
    {
        var text = new StringBuilder();
        if (value is HoconObject { Members.Count: > 0 } root)
        {
            WriteMembers(root, text, 0);
        }
        else
        {
            WriteValue(value, text, 0);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void WriteMembers(HoconObject map, StringBuilder text, int level)
    {
        foreach (var member in map.Members)
        {
            Indent(text, level);
            var plain = HoconPath.IsPlain(member.Key) && member.Key != "include";
            text.Append(plain ? member.Key : HoconJson.Quote(member.Key));
            text.Append(member.Value is HoconObject ? " " : " = ");
            WriteValue(member.Value, text, level);
            text.Append('\n');
        }
    }

    private static void WriteValue(HoconValue value, StringBuilder text, int level)
    {
        switch (value)
        {
            case HoconObject { Members.Count: 0 }:
                text.Append("{}");
                break;
            case HoconObject map:
                text.Append("{\n");
                WriteMembers(map, text, level + 1);
                Indent(text, level).Append('}');
                break;
            case HoconArray { Items.Count: 0 }:
                text.Append("[]");
                break;
            case HoconArray array:
                text.Append("[\n");
                foreach (var item in array.Items)
                {
                    Indent(text, level + 1);
                    WriteValue(item, text, level + 1);
                    text.Append('\n');
                }

                Indent(text, level).Append(']');
                break;
            case HoconScalar { Kind: HoconKind.String } scalar:
                WriteString(scalar.Text, text);
                break;
            case HoconScalar scalar:
                text.Append(scalar.Text);
                break;
        }
    }

    private static void WriteString(string value, StringBuilder text)
    {
        if (HoconPath.IsPlain(value) && value is not ("true" or "false" or "null"))
        {
            text.Append(value);
        }
        else if (value.Contains('\n', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal))
        {
            text.Append("\"\"\"").Append(value).Append("\"\"\"");
        }
        else
        {
            text.Append(HoconJson.Quote(value));
        }
    }

    private static StringBuilder Indent(StringBuilder text, int level) => text.Append(' ', 2 * level);
}
