using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Google.Protobuf;

namespace Eddy.Simulator.Faults;

/// <summary>Lines of a log in words a developer can follow. Secrets are left out here as everywhere.</summary>
internal static class EventText
{
    private const int ShortLength = 8;

    public static string Of(object? what) => what switch
    {
        null => "",
        string text => text,
        WireText message => Of(message),
        NodeEvent.ChannelsListed listed => $"channels listed: {listed.Channels.Length}, active {listed.Channels.Count(static channel => channel.IsActive)}",
        NodeEvent.PeersListed listed => $"peers listed: {listed.Peers.Length}",
        NodeEvent.Connected connected => $"connected at height {connected.Node.Height}",
        NodeEvent.Completed completed => $"answer {completed.Id.Value}: {completed.Outcome.GetType().Name} {Detail(completed.Outcome)}".TrimEnd(),
        NodeEvent.WaiverBound bound => $"waiver bound: {Short(bound.Binding.Hash)} to {Of(bound.Binding.Key)}",
        NodeEvent.HtlcForwarded forwarded => $"HTLC {Of(forwarded.Key)} left on {forwarded.Outgoing}",
        NodeEvent.HtlcSettled settled => $"HTLC {Of(settled.Key)} settled",
        NodeEvent.HtlcFailed failed => $"HTLC {Of(failed.Key)} failed {failed.LocalCode}",
        NodeEvent.InterceptorChanged changed => $"interceptor {changed.State} {changed.Reason}".TrimEnd(),
        NodeEvent.PeerOnline online => $"peer {online.Peer.ToShortString()} online",
        NodeEvent.PeerOffline offline => $"peer {offline.Peer.ToShortString()} offline",
        NodeEvent.Disconnected gone => $"LND away: {gone.Reason}",
        NodeEvent.BlockConnected block => $"block {block.Height}",
        NodeEvent other => other.GetType().Name,
        NodeCommand.SendToRoute send => $"{send.Id.Value}: pay {Short(send.Hash)} {send.Route.TotalAmount} over {string.Join(" ", send.Route.Hops.Select(static hop => hop.Channel))}",
        NodeCommand.TrackPayment track => $"{track.Id.Value}: track {Short(track.Hash)}",
        NodeCommand.AddInvoice add => $"{add.Id.Value}: add invoice of {add.Amount}",
        NodeCommand.CancelInvoice cancel => $"{cancel.Id.Value}: cancel invoice {Short(cancel.Hash)}",
        NodeCommand.LookupInvoice lookup => $"{lookup.Id.Value}: look up invoice {Short(lookup.Hash)}",
        NodeCommand.LookupCircuits lookup => $"{lookup.Id.Value}: look up {string.Join(" ", lookup.Keys.Select(Of))}",
        NodeCommand command => $"{command.Id.Value}: {command.GetType().Name}",
        RingRecord ring => $"ring {ring.Id.ToShortString()} {Short(ring.Hash)} at {ring.Position}: {ring.State} {ring.Amount} {ring.Reason}".TrimEnd(),
        _ => what.ToString() ?? "",
    };

    public static string Of(CircuitKey key) => $"{key.Channel}/{key.HtlcId}";

    public static string Short(PaymentHash hash) => $"hash {hash.Value.ToString()[..ShortLength]}";

    private static string Detail(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.PaymentFailed failed => $"{failed.Code} at {failed.Source}",
        CommandOutcome.PaymentSettled settled => $"fee {settled.Fee}",
        CommandOutcome.InvoiceFound found => $"{found.State} {found.AmountPaid}",
        CommandOutcome.CircuitsFound circuits => string.Join(" ", circuits.Circuits.Select(static circuit => $"{Of(circuit.Key)} {circuit.Fate}")),
        CommandOutcome.Refused refused => refused.Reason,
        CommandOutcome.Unavailable unavailable => unavailable.Reason,
        CommandOutcome.NotFound missing => missing.Reason,
        _ => "",
    };

    private static string Of(WireText message)
    {
        try
        {
            var envelope = Envelope.Parser.ParseFrom(message.Payload.Span);
            return $"{message.Peer.ToShortString()} {envelope.BodyCase} {Body(envelope)}".TrimEnd();
        }
        catch (InvalidProtocolBufferException)
        {
            return $"{message.Peer.ToShortString()} rubbish of {message.Payload.Length} bytes";
        }
    }

    private static string Body(Envelope envelope) => envelope.BodyCase switch
    {
        Envelope.BodyOneofCase.Proposal => $"with {envelope.Proposal.Terms.Count} terms",
        Envelope.BodyOneofCase.Reject => $"ring {Hex(envelope.Reject.RingId)} by {envelope.Reject.Position}: {envelope.Reject.Reason}",
        Envelope.BodyOneofCase.Done => $"ring {Hex(envelope.Done.RingId)}: {envelope.Done.Outcome}",
        Envelope.BodyOneofCase.Adverts => $"{envelope.Adverts.Adverts.Count}",
        Envelope.BodyOneofCase.Offers => $"of {envelope.Offers.Entries.Length} bytes",
        Envelope.BodyOneofCase.Request => $"of {envelope.Request.Parts.Length}, {envelope.Request.Follow.Length} and {envelope.Request.Stop.Length} bytes",
        _ => "",
    };

    private static string Hex(ByteString bytes)
    {
        var text = Convert.ToHexStringLower(bytes.Span);
        return text.Length > ShortLength ? text[..ShortLength] : text;
    }
}

/// <summary>A message as it was sent or received.</summary>
internal sealed record WireText(NodeId Peer, ReadOnlyMemory<byte> Payload)
{
    // Version, then the tag of the body, as our own encoder writes them.
    private const int BodyTagAt = 2;
    private const byte FirstGossipTag = 0x12;
    private const byte LastGossipTag = 0x22;
    private const byte RequestTag = 0x42;

    /// <summary>Hello, adverts, offers, requests.</summary>
    public bool IsGossip => Payload.Length > BodyTagAt && Payload.Span[BodyTagAt] is (>= FirstGossipTag and <= LastGossipTag) or RequestTag;
}
