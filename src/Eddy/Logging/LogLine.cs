using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Eddy.Logging;

/// <summary>One event of the log as one line of text, whatever is in it.</summary>
internal static class LogLine
{
    private const string Template = "{OriginalFormat}";

    // Names, quotes and brackets are readable; what could end the line or steer a terminal is still escaped.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Plain(DateTimeOffset at, LogLevel level, string category, string message, Exception? exception) =>
        CommandLine.Terminal.Clean($"{Time(at)} {Word(level)} {category}: {message}{Cause(exception, level)}");

    public static string Journald(LogLevel level, string category, string message, Exception? exception) =>
        CommandLine.Terminal.Clean($"<{Priority(level)}>{category}: {message}{Cause(exception, level)}");

    /// <summary>Time, level, category and message, then what the event carries under its own names in snake case.</summary>
    public static string JsonObject(DateTimeOffset at, LogLevel level, string owner, string category, string message, object? state, Exception? exception)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteString("time", Time(at));
            json.WriteString("level", LogLevels.Word(level));
            if (owner.Length > 0)
            {
                json.WriteString("owner", owner);
            }

            json.WriteString("category", category);
            json.WriteString("message", CommandLine.Terminal.Clean(message));
            if (state is IReadOnlyList<KeyValuePair<string, object?>> fields)
            {
                WriteFields(json, fields);
            }

            if (exception is not null)
            {
                json.WriteString("exception", CommandLine.Terminal.Clean(Describe(exception, level)));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> fields)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { "time", "level", "owner", "category", "message", "exception" };
        foreach (var (name, value) in fields)
        {
            var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
            if (name == Template)
            {
                continue;
            }

            while (!seen.Add(key))
            {
                key += "_";
            }

            switch (value)
            {
                case null:
                    json.WriteNull(key);
                    break;
                case long or int or short or byte:
                    json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case ulong or uint or ushort:
                    json.WriteNumber(key, Convert.ToUInt64(value, CultureInfo.InvariantCulture));
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumber(key, number);
                    break;
                case bool flag:
                    json.WriteBoolean(key, flag);
                    break;
                case Enum word:
                    json.WriteString(key, JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString()));
                    break;
                default:
                    json.WriteString(key, CommandLine.Terminal.Clean(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                    break;
            }
        }
    }

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Cause(Exception? exception, LogLevel level) => exception is null ? "" : $": {Describe(exception, level)}";

    /// <summary>syslog(3).</summary>
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };

    private static string Describe(Exception exception, LogLevel level)
    {
        // What should never have happened needs its stack; for the rest the causes say it all.
        if (level == LogLevel.Critical)
        {
            return exception.ToString();
        }

        var text = exception.Message;
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.Contains(inner.Message, StringComparison.Ordinal))
            {
                text += $" ({inner.Message})";
            }
        }

        return text;
    }
}
