using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Protos.Storage;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Fuzzing.Targets;

/// <summary>An effect that the database kept for the next start, damaged. The first byte says of which kind it is.</summary>
internal sealed class StoredOutboxTarget : FuzzTarget
{
    private static readonly string[] Kinds = ["message", "cancel_invoice", "something else"];

    public override string Name => "stored-outbox";

    public override string What => "a start with an effect left in a stored outbox: done, or a damaged store reported as such";

    public override int Weight => 1;

    public override AllocationBound Bound => new(16_000_000, 4_096);

    public override IEnumerable<byte[]> Seeds()
    {
        var message = new StoredMessage { To = ByteString.CopyFrom(Samples.Honest.ToArray()), Payload = ByteString.CopyFrom(Samples.Hello()) };
        yield return [0, .. message.ToByteArray()];
        yield return [1, .. Samples.Hash(3).ToArray()];
        yield return [2];
    }

    public override int Execute(byte[] input)
    {
        if (input.Length == 0)
        {
            return 0;
        }

        var store = new InMemoryStore();
        var batch = new StoreBatch();
        batch.OutboxAdded.Add(new OutboxEntry(1, new RingId(Samples.Hash(2)), Kinds[input[0] % Kinds.Length], input.AsMemory(1)));
        store.Commit(batch);
        try
        {
            using var node = new FuzzNode(isParallel: false, store, isSendingAnything: true);
            return 1 + (node.Sent > 0 ? 1 : 0);
        }
        catch (StoreException exception)
        {
            Check.Same(StoreFault.Corrupt, exception.Fault, "fault");
            return 3;
        }
    }
}
