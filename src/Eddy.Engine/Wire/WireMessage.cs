using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Protos.Wire;
using Eddy.Rings;
using CoreRequest = Eddy.Gossip.AdvertRequest;

namespace Eddy.Engine.Wire;

/// <summary>A message of a peer: sizes and forms are checked, contents are not.</summary>
internal abstract record WireMessage
{
    private WireMessage()
    {
    }

    public sealed record Greeting(Hello Hello) : WireMessage;

    public sealed record Adverts(ImmutableArray<RelayedAdvertPart> Parts) : WireMessage;

    public sealed record Offers(ImmutableArray<AdvertOffer> Entries) : WireMessage;

    public sealed record Request(CoreRequest Wanted) : WireMessage;

    /// <summary>The terms are as they came: they are decoded and verified only once the proposal is worth it.</summary>
    public sealed record Proposal(SignedBytes SignedOffer, Eddy.Rings.RingOffer Offer, ImmutableArray<SignedBytes> Terms) : WireMessage;

    public sealed record Reject(RingId Ring, int Position, RejectReason Reason) : WireMessage;

    public sealed record Done(RingId Ring, RingOutcome Outcome, int Position, int Code) : WireMessage;
}
