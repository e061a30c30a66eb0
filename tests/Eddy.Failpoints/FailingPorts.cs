using System.Collections.Immutable;
using System.Text;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Failpoints;

/// <summary><c>commit:initiator.STATE</c>, <c>commit:member.STATE</c> for the state that a ring is saved in, <c>commit:outbox</c>, <c>commit:other</c>.</summary>
internal sealed class FailingStore(IEddyStore store, Armoury failpoints) : IEddyStore
{
    public StoreContents Load() => store.Load();

    public void Commit(StoreBatch batch) => failpoints.Around(NamesOf(batch), () =>
    {
        store.Commit(batch);
        return true;
    });

    public RingRecord? FindRing(RingId ring) => store.FindRing(ring);

    public bool KnowsHash(PaymentHash hash) => store.KnowsHash(hash);

    public ImmutableArray<RingRecord> LatestRings(int count) => store.LatestRings(count);

    public ImmutableArray<RingStoryLine> Story(RingId ring) => store.Story(ring);

    public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => store.PhantomFees(since, count);

    public ImmutableArray<DayFigures> Days(DateOnly first) => store.Days(first);

    public void Dispose() => store.Dispose();

    private static string[] NamesOf(StoreBatch batch)
    {
        string[] names =
        [
            .. batch.Rings.Select(static ring => $"commit:{(ring.Position == 0 ? "initiator" : "member")}.{Lower(ring.State)}").Distinct(),
            .. batch.OutboxAdded.Count > 0 || batch.OutboxDone.Count > 0 ? (string[])["commit:outbox"] : [],
        ];
        return names.Length > 0 ? names : ["commit:other"];
    }

    private static string Lower(string name) => name.ToLowerInvariant();
}

/// <summary><c>binding</c>: the waiver's, before LND has its answer.</summary>
internal sealed class FailingBindings(IBindingStore bindings, Armoury failpoints) : IBindingStore
{
    public bool TrySave(WaiverBinding binding, TimeSpan timeout) => failpoints.Around(["binding"], () => bindings.TrySave(binding, timeout));
}

/// <summary><c>command:NAME</c> for what is asked of LND; signatures by what is signed: <c>command:sign.offer</c>.</summary>
internal sealed class FailingNode(ILightningNode node, Armoury failpoints) : ILightningNode
{
    public void Execute(NodeCommand command) => failpoints.Around([NameOf(command)], () =>
    {
        node.Execute(command);
        return true;
    });

    private static string NameOf(NodeCommand command) => command is NodeCommand.SignMessage sign
        ? $"command:sign.{Encoding.ASCII.GetString(sign.Message.Span).Split(':')[0].Split('/')[^1]}"
        : $"command:{command.GetType().Name.ToLowerInvariant()}";
}

/// <summary><c>message:KIND</c>.</summary>
internal sealed class FailingMessenger(IPeerMessenger messenger, Armoury failpoints) : IPeerMessenger
{
    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload) => failpoints.Around([NameOf(payload)], () =>
    {
        messenger.Send(id, peer, payload);
        return true;
    });

    private static string NameOf(ReadOnlyMemory<byte> payload) => WireDecoder.Decode(payload) is DecodeResult.Decoded decoded
        ? $"message:{decoded.Message.GetType().Name.ToLowerInvariant()}"
        : "message:other";
}
