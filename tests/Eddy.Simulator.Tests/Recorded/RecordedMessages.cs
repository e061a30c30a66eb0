using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Eddy.Simulator.Tests.Recorded;

/// <summary>Recorded JSON to messages, with our names in the place of the recorded ones; and messages held against recorded JSON.</summary>
internal sealed class RecordedMessages(RecordedNames names, char node)
{
    // Different from run to run, or nothing anybody relies on.
    private static readonly HashSet<string> Unchecked =
    [
        "timestamp", "timestamp_ns", "attempt_time_ns", "resolve_time_ns", "attempt_id", "signature", "payment_request", "add_index", "channel_flags",
        "channel_fees",
    ];

    // An inbound fee that was set to zero goes on being announced.
    private const string ZeroInboundFee = "fdd903080000000000000000";

    public T Read<T>(JsonElement json)
        where T : IMessage, new()
    {
        var message = new T();
        Read(json, message);
        return message;
    }

    /// <summary>What differs, one line each, empty where all is as recorded.</summary>
    public List<string> Differences(JsonElement recorded, IMessage ours)
    {
        var differences = new List<string>();
        Compare(ours.Descriptor.Name, recorded, ours, differences);
        return differences;
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static ulong Number(JsonElement value) => ulong.Parse(Text(value), CultureInfo.InvariantCulture);

    /// <summary>Long bytes are recorded by their first ones and their number.</summary>
    private static byte[] Bytes(string recorded)
    {
        var cut = recorded.IndexOf('…', StringComparison.Ordinal);
        if (cut < 0)
        {
            return Convert.FromHexString(recorded);
        }

        var first = Convert.FromHexString(recorded[..cut]);
        var length = int.Parse(recorded[(cut + 2)..recorded.IndexOf(' ', cut)], CultureInfo.InvariantCulture);
        return [.. Enumerable.Range(0, length).Select(i => first[i % first.Length])];
    }

    private void Read(JsonElement json, IMessage message)
    {
        foreach (var property in json.EnumerateObject())
        {
            var field = message.Descriptor.FindFieldByName(property.Name)
                ?? throw new InvalidOperationException($"{message.Descriptor.Name} has no field {property.Name}.");
            if (field.IsMap)
            {
                ReadRecords((Google.Protobuf.Collections.MapField<ulong, ByteString>)field.Accessor.GetValue(message), property.Value);
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                foreach (var item in property.Value.EnumerateArray())
                {
                    list.Add(ReadValue(field, item, json));
                }
            }
            else
            {
                field.Accessor.SetValue(message, ReadValue(field, property.Value, json));
            }
        }
    }

    private static void ReadRecords(Google.Protobuf.Collections.MapField<ulong, ByteString> map, JsonElement json)
    {
        foreach (var record in json.EnumerateObject())
        {
            map.Add(ulong.Parse(record.Name, CultureInfo.InvariantCulture), ByteString.CopyFrom(Bytes(record.Value.GetString()!)));
        }
    }

    private object ReadValue(FieldDescriptor field, JsonElement value, JsonElement parent)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(value, message);
                return message;
            case FieldType.Enum:
                return field.EnumType.FindValueByName(value.GetString())?.Number
                    ?? throw new InvalidOperationException($"{field.EnumType.Name} has no value {value.GetString()}.");
            case FieldType.Bytes:
                return ByteString.CopyFrom(Bytes(field.Name switch
                {
                    "payment_hash" or "payment_addr" => names.Hash(value.GetString()!),
                    "peer" => names.Key(value.GetString()!),
                    _ => value.GetString()!,
                }));
            case FieldType.String:
                return field.Name == "pub_key" ? names.Key(value.GetString()!) : value.GetString()!;
            case FieldType.Bool:
                return value.GetBoolean();
            case FieldType.UInt64 when field.Name == "chan_id":
                return names.Channel(Number(value));
            case FieldType.UInt64 when field.Name == "htlc_id":
                return names.Htlc(Number(parent.GetProperty("chan_id")), node, incoming: true, Number(value)) ?? Number(value);
            case FieldType.UInt64:
                return Number(value);
            case FieldType.Int64:
                return long.Parse(Text(value), CultureInfo.InvariantCulture);
            case FieldType.UInt32:
                return uint.Parse(Text(value), CultureInfo.InvariantCulture);
            case FieldType.Int32:
                return int.Parse(Text(value), CultureInfo.InvariantCulture);
            case var other:
                throw new InvalidOperationException($"No recorded request has a field of type {other}.");
        }
    }

    private void Compare(string path, JsonElement recorded, IMessage ours, List<string> differences)
    {
        foreach (var field in ours.Descriptor.Fields.InDeclarationOrder().Where(field => !Unchecked.Contains(field.Name)))
        {
            var name = $"{path}.{field.Name}";
            var isRecorded = recorded.TryGetProperty(field.Name, out var expected);
            var actual = field.Accessor.GetValue(ours);
            if (!isRecorded)
            {
                // An empty event is recorded by its name alone.
                var isNamed = recorded.TryGetProperty("event", out var kind) && kind.GetString() == field.Name;
                if (!isNamed && !IsUnset(field, ours, actual))
                {
                    differences.Add($"{name} is {actual} and was not there");
                }
            }
            else if (field.IsMap)
            {
                var records = RecordsOf(expected);
                if (!records.SequenceEqual(((Google.Protobuf.Collections.MapField<ulong, ByteString>)actual).OrderBy(record => record.Key)))
                {
                    differences.Add($"{name} is {actual} and was {expected}");
                }
            }
            else if (field.IsRepeated)
            {
                var items = ((System.Collections.IList)actual).Cast<object>().ToList();
                var wanted = expected.EnumerateArray().ToList();
                if (items.Count != wanted.Count)
                {
                    differences.Add($"{name} has {items.Count} entries and had {wanted.Count}");
                    continue;
                }

                for (var i = 0; i < items.Count; i++)
                {
                    CompareValue($"{name}[{i}]", field, wanted[i], items[i], recorded, differences);
                }
            }
            else
            {
                CompareValue(name, field, expected, actual, recorded, differences);
            }
        }
    }

    private static IEnumerable<KeyValuePair<ulong, ByteString>> RecordsOf(JsonElement json)
    {
        var map = new Google.Protobuf.Collections.MapField<ulong, ByteString>();
        ReadRecords(map, json);
        return map.OrderBy(record => record.Key);
    }

    private void CompareValue(
        string name, FieldDescriptor field, JsonElement expected, object? actual, JsonElement parent, List<string> differences)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when actual is IMessage message:
                Compare(name, expected, message, differences);
                return;
            case FieldType.Message:
                differences.Add($"{name} is not there and was {expected}");
                return;
            case FieldType.Enum:
                Check(name, differences, field.EnumType.FindValueByName(expected.GetString())?.Number, (int)actual!);
                return;
            case FieldType.Bytes:
                CompareBytes(name, field, expected.GetString()!, (ByteString)actual!, differences);
                return;
            case FieldType.UInt64 when IsChannel(field):
                Check(name, differences, names.Channel(Number(expected)), (ulong)actual!);
                return;
            case FieldType.UInt64 when field.Name is "incoming_htlc_id" or "outgoing_htlc_id" or "htlc_id":
                if (!names.IsHtlc(ChannelOf(field, parent), node, field.Name != "outgoing_htlc_id", Number(expected), (ulong)actual!))
                {
                    differences.Add($"{name} is {actual}, which does not stand for {expected}");
                }

                return;
            case FieldType.String when field.Name == "pub_key":
                Check(name, differences, names.Key(expected.GetString()!), (string)actual!);
                return;
            case FieldType.String when field.Name == "failure_string":
                // What follows is a dump of Go structures.
                Check(name, differences, expected.GetString()!.Split('(')[0], (string)actual!);
                return;
            default:
                Check(name, differences, Text(expected), Convert.ToString(actual, CultureInfo.InvariantCulture)!.Replace("True", "true", StringComparison.Ordinal).Replace("False", "false", StringComparison.Ordinal));
                return;
        }
    }

    private void CompareBytes(string name, FieldDescriptor field, string expected, ByteString actual, List<string> differences)
    {
        var ours = Convert.ToHexStringLower(actual.Span);
        switch (field.Name)
        {
            case "r_hash" or "payment_addr":
                names.LearnHash(expected, ours);
                return;
            case "payment_hash":
                Check(name, differences, names.Hash(expected), ours);
                return;
            case "preimage":
                var hash = Eddy.Lightning.Bytes32.Sha256(actual.Span).ToString();
                Check(name, differences, names.Hash(Eddy.Lightning.Bytes32.Sha256(Convert.FromHexString(expected)).ToString()), hash);
                return;
            case "onion_blob" or "onion_sha_256":
                Check(name, differences, Bytes(expected).Length, actual.Length);
                return;
            case "peer":
                Check(name, differences, names.Key(expected), ours);
                return;
            case "extra_opaque_data" when expected == ZeroInboundFee && actual.IsEmpty:
                return;
            default:
                Check(name, differences, Convert.ToHexStringLower(Bytes(expected)), ours);
                return;
        }
    }

    /// <summary>The channel an HTLC id belongs to, from the field beside it.</summary>
    private static ulong ChannelOf(FieldDescriptor field, JsonElement parent)
    {
        string[] candidates = field.Name switch
        {
            "htlc_id" => ["chan_id"],
            "incoming_htlc_id" => ["incoming_channel_id", "chan_id_in"],
            _ => ["outgoing_channel_id", "chan_id_out"],
        };
        return Number(parent.GetProperty(candidates.First(name => parent.TryGetProperty(name, out _))));
    }

    private static bool IsChannel(FieldDescriptor field) => field.Name
        is "chan_id" or "incoming_channel_id" or "outgoing_channel_id" or "outgoing_requested_chan_id" or "chan_id_in" or "chan_id_out";

    private static bool IsUnset(FieldDescriptor field, IMessage message, object? value) => value switch
    {
        null => true,
        System.Collections.ICollection collection => collection.Count == 0,
        _ when field.HasPresence => !field.Accessor.HasValue(message),
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        bool flag => !flag,
        Enum number => Convert.ToInt32(number, CultureInfo.InvariantCulture) == 0,
        IConvertible number => Convert.ToDecimal(number, CultureInfo.InvariantCulture) == 0,
        _ => false,
    };

    private static void Check<T>(string name, List<string> differences, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            differences.Add($"{name} is {actual} and was {expected}");
        }
    }
}
