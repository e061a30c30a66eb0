using System.Buffers.Binary;
using System.Collections.Immutable;
using Eddy.Lightning;
using Google.Protobuf;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>Payments, attempts, routes and failures as a node shows them. Reads its channels, so only for the model's thread.</summary>
internal sealed class PaymentMessages(SimulatedNode node)
{
    private const string NoPreimage = "0000000000000000000000000000000000000000000000000000000000000000";

    // A channel_update's flags: the field htlc_maximum_msat is there; the update is by the node with the greater key; not disabled.
    private const uint HasMaxHtlc = 1;
    private const uint SecondNode = 1;
    private const uint DisabledFlag = 2;
    private const int SignatureSize = 64;

    public Lnrpc.Payment ToMessage(Payment payment)
    {
        var message = new Lnrpc.Payment
        {
            PaymentHash = payment.Hash.ToString(),
            PaymentPreimage = payment.Preimage?.Value.ToString() ?? NoPreimage,
            ValueSat = payment.Value.Satoshi,
            ValueMsat = payment.Value.Value,
            PaymentRequest = payment.PaymentRequest,
            Status = (Lnrpc.Payment.Types.PaymentStatus)payment.Status,
            FeeSat = payment.Fee.Satoshi,
            FeeMsat = payment.Fee.Value,
            CreationTimeNs = payment.CreationTime.ToUnixNanoseconds(),
            PaymentIndex = payment.PaymentIndex,
            FailureReason = (Lnrpc.PaymentFailureReason)payment.FailureReason,
        };
#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.Value = message.ValueSat;
        message.Fee = message.FeeSat;
        message.CreationDate = payment.CreationTime.ToUnixTimeSeconds();
#pragma warning restore CS0612
        message.Htlcs.AddRange(payment.Attempts.Select(ToMessage));
        return message;
    }

    public Lnrpc.HTLCAttempt ToMessage(HtlcAttempt attempt)
    {
        var message = new Lnrpc.HTLCAttempt
        {
            AttemptId = attempt.AttemptId,
            Status = (Lnrpc.HTLCAttempt.Types.HTLCStatus)attempt.Status,
            Route = ToMessage(attempt.Route),
            AttemptTimeNs = attempt.AttemptTime.ToUnixNanoseconds(),
            ResolveTimeNs = attempt.ResolveTime?.ToUnixNanoseconds() ?? 0,
        };
        if (!node.Version.IsAtLeast(21, 0))
        {
            message.Route.CustomChannelData = ByteString.CopyFrom(TlvStream.Encode(attempt.FirstHopCustomRecords));
        }

        if (attempt.Preimage is { } preimage)
        {
            message.Preimage = preimage.Value.ToByteString();
        }

        if (attempt.Failure is { } failure)
        {
            message.Failure = ToMessage(failure);
        }

        return message;
    }

    public Lnrpc.Route ToMessage(Route route)
    {
        var message = new Lnrpc.Route
        {
            TotalTimeLock = route.TotalTimeLock,
            TotalFeesMsat = route.TotalFees.Value,
            TotalAmtMsat = route.TotalAmount.Value,
            FirstHopAmountMsat = route.TotalAmount.Value,
        };
        var incoming = route.TotalAmount;
        foreach (var hop in route.Hops)
        {
            message.Hops.Add(ToMessage(hop, incoming));
            incoming = hop.AmountToForward;
        }

#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.TotalAmt = route.TotalAmount.Satoshi;
        message.TotalFees = route.TotalFees.Satoshi;
#pragma warning restore CS0612
        return message;
    }

    /// <summary>Reads a route as SendToRouteV2 does: fees and capacities in it are ignored.</summary>
    public static RpcResult<Route> FromMessage(Lnrpc.Route? message)
    {
        if (message is null)
        {
            return RpcError.Plain("unable to send, no routes provided");
        }

        if (message.Hops.Count == 0)
        {
            return RpcError.Plain("empty route hops provided");
        }

        var hops = ImmutableArray.CreateBuilder<RouteHop>();
        foreach (var hop in message.Hops)
        {
            NodeId node = default;
            if (hop.PubKey.Length > 0 && !NodeId.TryParse(hop.PubKey, out node))
            {
                return RpcError.Plain($"invalid public key: {hop.PubKey}");
            }

            if (hop.MppRecord is { } mpp)
            {
                if (mpp.TotalAmtMsat <= 0)
                {
                    return RpcError.Plain("missing total_msat");
                }

                if (mpp.PaymentAddr.Length != Bytes32.Size)
                {
                    return RpcError.Plain(mpp.PaymentAddr.IsEmpty
                        ? "missing payment_addr"
                        : $"unable to parse payment_addr: invalid hash length of {mpp.PaymentAddr.Length}, want {Bytes32.Size}");
                }
            }

            hops.Add(new()
            {
                ChannelId = new(hop.ChanId),
                AmountToForward = new(hop.AmtToForwardMsat),
                Expiry = hop.Expiry,
                Node = hop.PubKey.Length > 0 ? node : null,
                CustomRecords = hop.CustomRecords.ToRecords(),
                Mpp = hop.MppRecord is { } record ? new(new(record.PaymentAddr.Span), new(record.TotalAmtMsat)) : null,
            });
        }

        return new Route { TotalAmount = new(message.TotalAmtMsat), TotalTimeLock = message.TotalTimeLock, Hops = hops.ToImmutable() };
    }

    private Lnrpc.Hop ToMessage(RouteHop hop, MilliSatoshi incoming)
    {
        var fee = incoming - hop.AmountToForward;
        var message = new Lnrpc.Hop
        {
            ChanId = hop.ChannelId.Value,
            Expiry = hop.Expiry,
            AmtToForwardMsat = hop.AmountToForward.Value,
            FeeMsat = fee.Value,
            PubKey = hop.Node?.ToString() ?? "",
        };
#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.AmtToForward = hop.AmountToForward.Satoshi;
        message.Fee = fee.Satoshi;
        message.TlvPayload = true;

        // What the graph does not know is shown with the amount it carries; 0.21 never finds it.
        var channel = node.Version.IsAtLeast(21, 0) ? null : node.FindGraphChannel(hop.ChannelId);
        message.ChanCapacity = (channel?.Capacity ?? incoming).Satoshi;
#pragma warning restore CS0612
        message.CustomRecords.AddRecords(hop.CustomRecords);
        if (hop.Mpp is { } mpp)
        {
            message.MppRecord = new() { PaymentAddr = mpp.PaymentAddr.ToByteString(), TotalAmtMsat = mpp.Total.Value };
        }

        return message;
    }

    private Lnrpc.Failure ToMessage(HtlcFailure failure)
    {
        var message = new Lnrpc.Failure
        {
            Code = (Lnrpc.Failure.Types.FailureCode)failure.Code,
            FailureSourceIndex = (uint)failure.SourceIndex,
            HtlcMsat = failure.HtlcAmount.ToUnsigned(),
            CltvExpiry = failure.CltvExpiry,
            Height = failure.Height,
        };
        if (failure.ChannelUpdate is { } update)
        {
            message.ChannelUpdate = ToMessage(update);
        }

        if (failure.Code is FailureCode.InvalidOnionVersion or FailureCode.InvalidOnionHmac or FailureCode.InvalidOnionKey)
        {
            message.OnionSha256 = ByteString.CopyFrom(new byte[Bytes32.Size]);
        }

        return message;
    }

    private Lnrpc.ChannelUpdate ToMessage(FailureChannelUpdate update)
    {
        var owner = node.Network.FindNode(update.Owner);
        var isSecond = owner?.FindOwnChannel(update.ChannelId) is { } end && end.Node.Id > end.Peer.Node.Id;
        var message = new Lnrpc.ChannelUpdate
        {
            // Nobody but its own node signs a channel_update, and nobody here checks.
            Signature = ByteString.CopyFrom(new byte[SignatureSize]),
            ChainHash = ByteString.CopyFrom(Chain.GenesisBytes(node.Network.Options.Chain)),
            ChanId = update.ChannelId.Value,
            Timestamp = (uint)update.Timestamp.ToUnixTimeSeconds(),
            MessageFlags = HasMaxHtlc,
            ChannelFlags = (isSecond ? SecondNode : 0) | (update.Policy.Disabled ? DisabledFlag : 0),
            TimeLockDelta = update.Policy.CltvDelta,
            HtlcMinimumMsat = update.Policy.MinHtlcMsat.ToUnsigned(),
            HtlcMaximumMsat = update.Policy.MaxHtlcMsat.ToUnsigned(),
            BaseFee = (uint)update.Policy.BaseFeeMsat,
            FeeRate = (uint)update.Policy.FeeRatePpm,
        };
        if (update.Policy is not { InboundBaseFeeMsat: 0, InboundFeeRatePpm: 0 })
        {
            message.ExtraOpaqueData = ByteString.CopyFrom(InboundFeeRecord(update.Policy));
        }

        return message;
    }

    /// <summary>bLIP 18: a record of type 55555 with base fee and rate.</summary>
    private static byte[] InboundFeeRecord(RoutingPolicy policy)
    {
        byte[] record = [0xfd, 0xd9, 0x03, 8, .. new byte[8]];
        BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(4), policy.InboundBaseFeeMsat);
        BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(8), policy.InboundFeeRatePpm);
        return record;
    }
}
