using Eddy.Engine.Explanations;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

/// <summary>The owner who asks why nothing happens is told the true reason: for every refusal, ours and others', and for every limit.</summary>
public sealed class WhyTests
{
    private static readonly EngineOptions Plain = TestRing.Options();

    public static TheoryData<RejectReason> Reasons => [.. Enum.GetValues<RejectReason>()];

    public static TheoryData<RefusalCause> Causes => [.. Enum.GetValues<RefusalCause>()];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_refusal_by_another_node_is_told_with_its_hop_and_its_reason(RejectReason reason)
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var walking = ring.RunUntilRing(static view => view.State is "Walking");
        var (next, refusing) = (ring.Member(1).Node.Id, ring.Member(2).Node.Id);

        ring.Proposer.Handle(new NodeEvent.MessageReceived(next, WireEncoder.EncodeReject(walking.Id, 2, reason)));

        var expected = $"Refused once by hop 2 ({refusing.ToShortString()}): {RingStory.Words(reason)}.";
        var code = $"rejected-{RefusalWords.Code(reason)}";
        var channel = ring.Proposer.View.Channels.Single(view => view.Channel.Peer == next).Channel.Id;
        foreach (var explanation in new[] { ring.Proposer.Engine.Explain(), ring.Proposer.Engine.Explain(next)!, ring.Proposer.Engine.Explain(channel)! })
        {
            var told = Assert.Single(explanation.Reasons, told => told.Code == code);
            Assert.StartsWith(expected, told.What, StringComparison.Ordinal);
            Assert.Contains("eddy rings show", told.Advice, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_refusal_of_our_own_is_counted_and_told_by_what_stood_against_it(RefusalCause cause)
    {
        var node = Refusing(cause);

        Assert.True(node.Daemon.View.RefusalCauses.GetValueOrDefault(cause) > 0, $"Refused: {string.Join(", ", node.Daemon.View.RefusalCauses.Keys)}");
        if (cause != RefusalCause.TooMany)
        {
            Assert.True(node.Daemon.View.Refusals[cause.Told()] > 0);
        }

        foreach (var explanation in new[] { node.Daemon.Engine.Explain(), node.Daemon.Engine.Explain(cause == RefusalCause.Promised ? node.Next : node.Previous)! })
        {
            var told = Assert.Single(explanation.Reasons, reason => reason.Code == $"refused-{RefusalWords.Code(cause)}");
            Assert.Contains(RefusalWords.Words(cause), told.What, StringComparison.Ordinal);
            Assert.Equal(RefusalWords.Advice(cause), told.Advice);
        }
    }

    [Fact]
    public void Every_reason_that_others_can_be_told_has_a_cause_here_and_words_of_its_own()
    {
        var told = Enum.GetValues<RefusalCause>().Select(static cause => cause.Told()).ToHashSet();
        Assert.Equal(Enum.GetValues<RejectReason>().Order(), told.Order());
        Assert.Equal(Enum.GetValues<RejectReason>().Length, Enum.GetValues<RejectReason>().Select(RingStory.Words).Distinct().Count());
        Assert.Equal(Enum.GetValues<RefusalCause>().Length, Enum.GetValues<RefusalCause>().Select(RefusalWords.Words).Distinct().Count());
    }

    /// <summary>What the owner has set, and the code that names it. On the node where it concerns all, on the channel to the next node otherwise.</summary>
    public static TheoryData<string> Limits =>
    [
        "lnd-away", "lnd-not-synced", "observing", "paused", "stopping", "interceptor-down", "no-channels", "no-active-channels", "no-eddy-peers", "one-eddy-peer",
        "no-welcome-peers", "balanced", "excluded", "below-minimum", "maxperday", "maxperpeerperday", "maxwaivedfeeperday", "maxinflight",
        "channel inactive", "channel excluded", "channel denied", "channel muted", "channel in-band", "channel below-minimum", "channel reserve",
        "channel max-htlc", "channel no-policy", "channel neutral-volume", "channel maxperpeerperday", "channel no-eddy-peer", "channel no-advert",
        "channel peer-backed-off",
    ];

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_limit_is_named_by_why(string limit)
    {
        var node = Limited(limit);
        var explanation = limit.StartsWith("channel ", StringComparison.Ordinal)
            ? node.Daemon.Engine.Explain(node.Channels.First(channel => channel.Peer == node.Next).Id)!
            : node.Daemon.Engine.Explain();

        var code = limit.Replace("channel ", "", StringComparison.Ordinal);
        Assert.True(explanation.Reasons.Any(reason => reason.Code == code), $"Told: {string.Join(" | ", explanation.Reasons.Select(static reason => $"{reason.Code}: {reason.What}"))}");
    }

    [Fact]
    public void Without_such_a_limit_none_is_named()
    {
        var node = new Refuser(Plain);
        node.Propose();

        Assert.Empty(node.Daemon.View.RefusalCauses);
        var codes = node.Daemon.Engine.Explain().Reasons.Concat(node.Daemon.Engine.Explain(node.Channels[1].Id)!.Reasons).Select(static reason => reason.Code).ToHashSet();
        Assert.Empty(codes.Intersect(Limits.Select(static row => row.Data.Replace("channel ", "", StringComparison.Ordinal)).Except(["no-advert"])));
    }

    [Fact]
    public void The_search_says_what_it_found_and_who_proposes_it()
    {
        var ring = Advertised(4, static options => options);

        Assert.Contains("ring-found", Codes(ring.Proposer));
        foreach (var member in ring.Members)
        {
            var told = Assert.Single(member.Engine.Explain().Reasons, static reason => reason.Code == "other-proposes");
            Assert.Contains(ring.Proposer.Node.Id.ToShortString(), told.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_ring_below_the_minimum_is_told_with_its_amount()
    {
        var ring = new TestRing(4, options: static _ => Quiet(6));
        ring.Proposer.Options = Quiet(6) with { Rings = Quiet(6).Rings with { MinAmountSat = 20_000_000, MaxAmountSat = 30_000_000 } };
        Spread(ring);

        var told = Assert.Single(ring.Proposer.Engine.Explain().Reasons, static reason => reason.Code == "ring-below-minimum");
        Assert.Matches("The best ring found is [0-9,]+ sat over 4 nodes, below your minimum of 20,000,000 sat", told.What);
        var reply = ring.Proposer.Ask(new OperatorRequest.Propose(IsDryRun: true));
        Assert.Equal(OperatorStatus.NotFound, reply.Status);
        Assert.Contains("below your minimum of 20,000,000 sat", reply.Message, StringComparison.Ordinal);

        // To look is to change nothing.
        Assert.Equal(0, ring.Proposer.View.Channels.Sum(static channel => channel.WantOut + channel.WantIn));
    }

    [Fact]
    public void A_ring_that_is_longer_than_allowed_is_told_with_its_length()
    {
        var ring = Advertised(5, static options => options with { Rings = options.Rings with { MaxLength = 4 } });

        Assert.Contains("over 5 nodes, longer than maxlength=4", Assert.Single(ring.Proposer.Engine.Explain().Reasons, static reason => reason.Code == "ring-too-long").What, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_members_that_cannot_waive_are_named()
    {
        var ring = new TestRing(4, options: static _ => Quiet(6));
        foreach (var daemon in ring.Daemons)
        {
            daemon.Start(canWaive: daemon != ring.Member(1) && daemon != ring.Member(3));
        }

        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3));
        ring.RunFor(5);

        var told = Assert.Single(ring.Proposer.Engine.Explain().Reasons, static reason => reason.Code == "nobody-waives").What;
        Assert.Contains(ring.Member(1).Node.Id.ToShortString(), told, StringComparison.Ordinal);
        Assert.Contains(ring.Member(3).Node.Id.ToShortString(), told, StringComparison.Ordinal);
    }

    [Fact]
    public void Offers_that_nobody_takes_are_told()
    {
        var ring = Advertised(4, static options => options);
        foreach (var member in ring.Members)
        {
            member.Ask(new OperatorRequest.Pause());
        }

        ring.RunFor(60);
        Assert.Contains("nothing-offered", Codes(ring.Proposer));
        var channel = ring.Proposer.View.Channels[0].Channel;
        Assert.Contains(ring.Proposer.Engine.Explain(channel.Id)!.Reasons, static reason => reason.Code == "nothing-offered");
    }

    [Fact]
    public void A_ring_that_waits_for_another_or_for_a_back_off_is_told_with_who_refused_and_how_often()
    {
        var ring = new TestRing(4);
        ring.Proposer.Options = ring.Proposer.Options with { Policy = new PolicyOptions { MaxInFlight = 2 } };
        ring.Member(2).Options = ring.Member(2).Options with { Policy = new PolicyOptions { MaxWaivedFeePpm = 0 } };
        ring.StartAll();

        ring.RunUntilRing(static view => view.State is "Walking");
        Assert.Contains("ring-under-way", Codes(ring.Proposer));

        Assert.True(ring.RunUntil(() => ring.Proposer.Rings.Count(static view => view.Outcome == RingOutcome.Rejected) == 2, 3_600), ring.Describe());
        var told = Assert.Single(ring.Proposer.Engine.Explain().Reasons, static reason => reason.Code == "backed-off").What;
        Assert.Contains($"Refused twice by hop 2 ({ring.Member(2).Node.Id.ToShortString()}): one of its limits is reached", told, StringComparison.Ordinal);
        Assert.Contains("left alone until", told, StringComparison.Ordinal);
        Assert.Equal(2, ring.Member(2).View.RefusalCauses[RefusalCause.MaxWaivedFeeShare]);
    }

    private static IEnumerable<string> Codes(TestDaemon daemon) => daemon.Engine.Explain().Reasons.Select(static reason => reason.Code);

    private static EngineOptions Quiet(int maxLength) =>
        TestRing.Options(maxLength) with { Rings = TestRing.Options(maxLength).Rings with { SearchesByItself = false } };

    /// <summary>Everybody has heard everybody, and nobody proposes anything.</summary>
    private static TestRing Advertised(int nodes, Func<EngineOptions, EngineOptions> change)
    {
        var ring = new TestRing(nodes, options: _ => change(Quiet(6)));
        Spread(ring);
        return ring;
    }

    private static void Spread(TestRing ring)
    {
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Daemons.All(daemon => daemon.View.Adverts.Length == ring.Daemons.Count - 1)), ring.Describe());
        ring.RunFor(5);
    }

    /// <summary>A node that has just refused a ring for that cause.</summary>
    private static Refuser Refusing(RefusalCause cause)
    {
        Refuser node;
        switch (cause)
        {
            case RefusalCause.Malformed:
                node = new(Plain);
                node.Propose(static offer => offer with { Chain = default });
                return node;
            case RefusalCause.HashUsed:
                node = new(Plain);
                node.Propose();
                node.Propose(offer => offer with { Hash = new PaymentHash(Wire.WireSamples.Hash(2_001)) });
                return node;
            case RefusalCause.NotProposer:
                node = new(Plain);
                node.Propose(null, node.Previous, node.Daemon.Node.Id, node.Next, new NodeId([2, .. new byte[32]]));
                return node;
            case RefusalCause.Paused:
                node = new(Plain);
                node.Daemon.Ask(new OperatorRequest.Pause());
                node.Propose();
                return node;
            case RefusalCause.Stopping:
                node = new(Plain);
                node.Daemon.Ask(new OperatorRequest.Stop());
                node.Propose();
                return node;
            case RefusalCause.LndAway:
                node = new(Plain);
                node.Daemon.Handle(new NodeEvent.Disconnected("It was stopped."));
                node.Propose();
                return node;
            case RefusalCause.MaxLength:
                node = new(Plain with { Rings = Plain.Rings with { MaxLength = 3 } });
                node.Propose(null, node.Previous, node.Daemon.Node.Id, node.Next, node.Other);
                return node;
            case RefusalCause.MaxLockBlocks:
                node = new(Plain);
                node.Propose(static offer => offer with { MaxLockBlocks = 5_000 });
                return node;
            case RefusalCause.LockTime:
                node = new(Plain);
                node.Propose(static offer => offer with { MaxLockBlocks = 10 });
                return node;
            case RefusalCause.Idling or RefusalCause.Held:
                node = new(Plain, prepare: (self, batch) =>
                {
                    var key = $"{(cause == RefusalCause.Idling ? "idle" : "held")}:{self.Previous}";
                    batch.BackOffs[key] = new BackOffRecord(key, self.Daemon.Clock.GetUtcNow().AddHours(1), 1);
                });
                node.Propose();
                return node;
            case RefusalCause.NoChannel:
                node = new(Plain);
                node.Propose(null, node.Previous, node.Daemon.Node.Id, node.Other);
                return node;
            case RefusalCause.NoPolicy:
                node = new(Plain);
                node.Channels = [node.Channels[0], node.Channels[1] with { Policy = null }];
                node.Propose();
                return node;
            case RefusalCause.NextHopAway:
                node = new(Plain);
                node.Daemon.Handle(new NodeEvent.PeerOffline(node.Next));
                node.Propose();
                return node;
            case RefusalCause.PeerBusy:
                node = new(Plain);
                node.Propose();
                node.Propose();
                return node;
            case RefusalCause.Promised:
                node = new(Plain);
                node.Channels =
                [
                    node.Channels[0], node.Channels[1] with { Spendable = MilliSatoshi.FromSatoshi(150_000) }, Refuser.Channel(3, node.Other, 1_000_000),
                ];
                node.Greet(node.Other);
                node.Propose();
                node.Propose(static offer => offer with { MinAmount = MilliSatoshi.FromSatoshi(60_000) }, node.Other, node.Daemon.Node.Id, node.Next);
                Assert.Contains(node.Daemon.Engine.Explain(node.Other)!.Reasons, static reason => reason.Code == "refused-promised");
                return node;
            case RefusalCause.MinAmount:
                node = new(Plain);
                node.Propose(static offer => offer with { MinAmount = MilliSatoshi.FromSatoshi(10_000) });
                return node;
            case RefusalCause.MaxAmount:
                node = new(Plain with { Rings = Plain.Rings with { MaxAmountSat = 60_000 } });
                node.Propose(static offer => offer with { MinAmount = MilliSatoshi.FromSatoshi(70_000) });
                return node;
            case RefusalCause.TooLittleLeft:
                node = new(Plain);
                node.Channels = [node.Channels[0], node.Channels[1] with { Spendable = MilliSatoshi.FromSatoshi(10_000) }];
                node.Propose();
                return node;
            case RefusalCause.ParallelChannel:
                node = new(Plain with { Rings = Plain.Rings with { IsPerChannel = true } });
                node.Channels = [node.Channels[0], node.Channels[1], Refuser.Channel(4, node.Next, 1_000_000)];
                node.Propose();
                return node;
            case RefusalCause.TooMany:
                node = new(Plain);
                node.Daemon.Ask(new OperatorRequest.Pause());
                for (var sent = 0; sent < 70; sent++)
                {
                    node.Propose();
                }

                return node;
            case RefusalCause.NoInterceptor:
                node = new(Plain, canWaive: false);
                node.Propose();
                return node;
            default:
                node = new(OptionsFor(cause, new Refuser(Plain)));
                node.Propose();
                return node;
        }
    }

    /// <summary>Keys are drawn from the same seed each time.</summary>
    private static EngineOptions OptionsFor(RefusalCause cause, Refuser twin) => cause switch
    {
        RefusalCause.Observing => Plain with { IsObserving = true },
        RefusalCause.Denied => Plain with { Policy = new PolicyOptions { Deny = [twin.Previous] } },
        RefusalCause.MaxMemberInFlight => Plain with { Policy = new PolicyOptions { MaxMemberInFlight = 0 } },
        RefusalCause.MaxPerDay => Plain with { Policy = new PolicyOptions { MaxPerDaySat = 1_000 } },
        RefusalCause.MaxPerPeerPerDay => Plain with { Policy = new PolicyOptions { MaxPerPeerPerDaySat = 1_000 } },
        RefusalCause.MaxWaivedFeePerDay => Plain with { Policy = new PolicyOptions { MaxWaivedFeePerDaySat = 0 } },
        RefusalCause.MaxWaivedFeeShare => Plain with { Policy = new PolicyOptions { MaxWaivedFeePpm = 0 } },
        RefusalCause.Excluded => Plain with { Peers = Plain.Peers.Add(twin.Next, new TargetOptions { IsExcluded = true }) },
        RefusalCause.NeutralVolume => Plain with
        {
            Peers = Plain.Peers.Add(twin.Next, new TargetOptions { Deadband = 0.5 }),
            Policy = new PolicyOptions { MaxNeutralPerDay = 0 },
        },
        RefusalCause.Band => Plain with { Peers = Plain.Peers.Add(twin.Next, new TargetOptions { Target = 0.99, Deadband = 0.01 }) },
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "No such row."),
    };

    /// <summary>A node on which that limit holds, or that state.</summary>
    private static Refuser Limited(string limit)
    {
        var twin = new Refuser(Plain);
        var options = limit switch
        {
            "observing" => Plain with { IsObserving = true },
            "no-welcome-peers" => Plain with { Policy = new PolicyOptions { Allow = [twin.Other] } },
            "channel denied" => Plain with { Policy = new PolicyOptions { Deny = [twin.Next] } },
            "balanced" => Plain with { Rings = Plain.Rings with { Deadband = 0.5 } },
            "below-minimum" or "channel below-minimum" => Plain with { Rings = Plain.Rings with { MinAmountSat = 4_000_000 } },
            "excluded" => Plain with
            {
                Peers = Plain.Peers.Add(twin.Next, new TargetOptions { IsExcluded = true }).Add(twin.Previous, new TargetOptions { IsExcluded = true }),
            },
            "channel excluded" => Plain with { Peers = Plain.Peers.Add(twin.Next, new TargetOptions { IsExcluded = true }) },
            "channel in-band" => Plain with { Peers = Plain.Peers.Add(twin.Next, new TargetOptions { Deadband = 0.5 }) },
            "channel neutral-volume" => OptionsFor(RefusalCause.NeutralVolume, twin),
            "maxperday" => OptionsFor(RefusalCause.MaxPerDay, twin),
            "maxperpeerperday" or "channel maxperpeerperday" => OptionsFor(RefusalCause.MaxPerPeerPerDay, twin),
            "maxwaivedfeeperday" => OptionsFor(RefusalCause.MaxWaivedFeePerDay, twin),
            "maxinflight" => Plain with { Policy = new PolicyOptions { MaxInFlight = 0 } },
            _ => Plain,
        };
        var node = limit switch
        {
            "interceptor-down" => new Refuser(options, canWaive: false),
            "channel muted" or "channel peer-backed-off" => new Refuser(options, prepare: (self, batch) =>
            {
                var key = $"{(limit == "channel muted" ? "muted" : "node")}:{self.Next}";
                batch.BackOffs[key] = new BackOffRecord(key, self.Daemon.Clock.GetUtcNow().AddHours(1), 1);
            }),
            _ => new Refuser(options),
        };
        switch (limit)
        {
            case "lnd-away":
                node.Daemon.Handle(new NodeEvent.Disconnected("The wallet is locked."));
                break;
            case "lnd-not-synced":
                node.Daemon.Handle(new NodeEvent.SyncChanged(IsSynced: false));
                break;
            case "paused":
                node.Daemon.Ask(new OperatorRequest.Pause());
                break;
            case "stopping":
                node.Daemon.Ask(new OperatorRequest.Stop());
                break;
            case "no-channels":
                node.Channels = [];
                break;
            case "no-active-channels" or "channel inactive":
                node.Channels = [.. node.Channels.Select(static channel => channel with { IsActive = false })];
                break;
            case "no-eddy-peers":
                node.Daemon.Handle(new NodeEvent.PeerOffline(node.Previous));
                node.Daemon.Handle(new NodeEvent.PeerOffline(node.Next));
                break;
            case "one-eddy-peer" or "channel no-eddy-peer":
                node.Daemon.Handle(new NodeEvent.PeerOffline(node.Next));
                break;
            case "channel reserve":
                node.Channels = [node.Channels[0], node.Channels[1] with { Spendable = MilliSatoshi.FromSatoshi(1_000) }];
                break;
            case "channel max-htlc":
                node.Channels = [node.Channels[0], node.Channels[1] with { Policy = node.Channels[1].Policy! with { MaxHtlcMsat = new(1_000_000) } }];
                break;
            case "channel no-policy":
                node.Channels = [node.Channels[0], node.Channels[1] with { Policy = null }];
                break;
        }

        return node;
    }
}
