using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;

namespace Eddy.Fuzzing.Targets;

/// <summary>gRPC messages off a stream that is cut anywhere. The first byte says into how many pieces.</summary>
internal sealed class GrpcFrameTarget : FuzzTarget
{
    private const int Limit = 1_000;

    public override string Name => "grpc-frames";

    public override string What => "gRPC's framing: the messages that a second reading finds, however the stream is cut; never more memory than came";

    public override AllocationBound Bound => new(64_000, 256);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return [3, 0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        yield return [1, 0, 0, 0, 1, 0, .. new byte[256]];
        yield return [2, 1, 0, 0, 0, 1, 9];
        yield return [2, 0, 255, 255, 255, 255, 9];
    }

    public override int Execute(byte[] input)
    {
        if (input.Length == 0)
        {
            return 0;
        }

        var stream = input.AsMemory(1);
        var expected = ReadAgain(stream.Span, out var isBroken);
        var reader = new MessageReader<byte[]>(PipeReader.Create(Cut(stream, input[0])), static context => context.PayloadAsNewBuffer(), Limit);
        var count = 0;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync(CancellationToken.None).AsTask();
                Check.That(reading.IsCompleted, "It waits for what is there.");
                if (reading.GetAwaiter().GetResult() is not { } message)
                {
                    break;
                }

                Check.That(count < expected.Count, "A message that was not sent.");
                Check.SameBytes(expected[count++], message, "message");
            }

            Check.That(!isBroken, "A broken stream came to a regular end.");
        }
        catch (RpcException exception)
        {
            Check.That(isBroken, $"A whole stream is called broken: {exception.Message}");
        }

        reader.Complete();
        Check.Same(expected.Count, count, "number of messages");
        return (count * 2) + (isBroken ? 1 : 0);
    }

    private static List<byte[]> ReadAgain(ReadOnlySpan<byte> bytes, out bool isBroken)
    {
        var messages = new List<byte[]>();
        while (bytes.Length >= 5 && bytes[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) is var length && length <= Limit && length <= bytes.Length - 5)
        {
            messages.Add(bytes.Slice(5, (int)length).ToArray());
            bytes = bytes[(5 + (int)length)..];
        }

        isBroken = !bytes.IsEmpty;
        return messages;
    }

    private static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int pieces)
    {
        var size = Math.Max(1, bytes.Length / Math.Max(1, pieces % 16));
        var first = new Segment(ReadOnlyMemory<byte>.Empty, 0);
        var last = first;
        for (var start = 0; start < bytes.Length; start += size)
        {
            last = last.Append(bytes.Slice(start, Math.Min(size, bytes.Length - start)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

/// <summary>What gRPC writes into headers and trailers.</summary>
internal sealed class GrpcHeaderTarget : FuzzTarget
{
    public override string Name => "grpc-headers";

    public override string What => "time-outs, status texts and metadata in headers: read back as written";

    public override IReadOnlyList<byte[]> Dictionary => Words.Of("grpc-status", "grpc-message", "grpc-timeout", "-bin", "%", "%C3%A9", "%00", "99999999", "H", "n", "=", ",", "macaroon", "\n");

    public override AllocationBound Bound => new(64_000, 1_024);

    public override IEnumerable<byte[]> Seeds() =>
        [Words.Bytes("grpc-message\nno %C3%A9 way%21"), Words.Bytes("macaroon-bin\nAQID, BA=="), Words.Bytes("grpc-timeout\n1500m"), Words.Bytes("x-y\nz"), Words.Bytes("a\n99999999H")];

    public override int Execute(byte[] input)
    {
        var text = Words.Text(input);
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        var (name, value) = line < 0 ? ("x", text) : (text[..line], text[(line + 1)..]);
        var outcome = 0;
        if (GrpcHeaders.TryDecodeTimeout(value, out var timeout))
        {
            outcome |= 1;
            Check.That(timeout >= TimeSpan.Zero, "A time-out in the past.");
            var written = GrpcHeaders.EncodeTimeout(timeout);
            Check.That(GrpcHeaders.TryDecodeTimeout(written, out var again) && (again >= timeout || written == "99999999H"), "A time-out grew shorter.");
        }

        var message = GrpcHeaders.DecodeMessage(value);
        var encoded = GrpcHeaders.EncodeMessage(message);
        Check.That(encoded.All(static character => character is >= ' ' and <= '~'), "A header with other characters than printable ASCII.");
        Check.Same(message, GrpcHeaders.DecodeMessage(encoded), "message");
        var metadata = new Metadata();
        GrpcHeaders.AddReceived(metadata, name, value);
        GrpcHeaders.IsGrpc(value);
        foreach (var entry in metadata)
        {
            outcome |= entry.IsBinary ? 2 : 4;
            if (entry.IsBinary)
            {
                var back = new Metadata();
                GrpcHeaders.AddReceived(back, entry.Key, GrpcHeaders.EncodeValue(entry));
                Check.SameBytes(entry.ValueBytes, back[0].ValueBytes, "metadata");
            }
        }

        return outcome;
    }
}
