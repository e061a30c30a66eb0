using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Lightning;

namespace Eddy.Engine.Tests.Network;

/// <summary>A node that only looks on: what it says, and what it sees itself miss.</summary>
public sealed class ObserveTests
{
    [Fact]
    public void It_says_nothing_of_itself_and_sees_the_ring_that_it_would_have_been_in_once_in_a_day()
    {
        var ring = new TestRing(4);
        var observer = ring.Member(2);
        observer.Options = observer.Options with { IsObserving = true };
        var heard = Listen(ring, observer);
        ring.StartAll();
        ring.RunFor(900);

        Assert.NotEmpty(heard.OfType<WireMessage.Greeting>());
        Assert.All(heard, static message => Assert.True(message is WireMessage.Greeting or WireMessage.Request, $"It said {message.GetType().Name}."));
        Assert.Equal(0UL, observer.View.AdvertSequence);
        Assert.All(ring.Daemons, static daemon => Assert.Empty(daemon.Rings));

        var would = observer.View.Would;
        Assert.Equal(1, would.Count);
        var missed = Assert.Single(would.Latest);
        Assert.Equal(ring.Daemons.Select(static daemon => daemon.Node.Id).Order(), missed.Nodes.Order());
        Assert.Equal(observer.Node.Id, missed.Nodes[0]);
        Assert.True(missed is { AmountSat: >= 50_000, Saved.Value: > 0, Waived.Value: > 0 }, $"{missed}");
        Assert.Equal((MilliSatoshi.FromSatoshi(missed.AmountSat), missed.Saved, missed.Waived), (would.Moved, would.Saved, would.Waived));
        Assert.Contains("would have been in 1 rings", observer.Engine.Explain().Reasons.First(static reason => reason.Code == "observing").What, StringComparison.Ordinal);

        ring.RunFor(90_000);
        Assert.Equal(2, observer.View.Would.Count);

        // The ring was really there: it settles as soon as the owner says so.
        observer.Ask(new OperatorRequest.Reconfigure(observer.Options with { IsObserving = false }));
        var settled = ring.RunUntilSettled(600);
        Assert.True(settled.Amount.Satoshi >= missed.AmountSat / 2, $"{settled.Amount} and not {missed.AmountSat} sat.");
        ring.Quiesce();
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void Without_an_eddy_peer_on_either_side_there_is_nothing_to_see()
    {
        var ring = new TestRing(4);
        var observer = ring.Member(2);
        observer.Options = observer.Options with { IsObserving = true };
        foreach (var daemon in ring.Daemons.Where(daemon => daemon != ring.Member(1)))
        {
            daemon.Start();
        }

        ring.RunFor(300);

        Assert.Equal(0, observer.View.Would.Count);
        Assert.Contains(observer.Engine.Explain().Reasons, static reason => reason.Code == "one-eddy-peer");
    }

    [Fact]
    public void What_was_advertised_before_is_taken_back_once()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3), ring.Describe());
        var observer = ring.Member(2);
        foreach (var daemon in ring.Daemons)
        {
            daemon.Ask(new OperatorRequest.Pause());
        }

        ring.RunFor(120);
        foreach (var daemon in ring.Daemons)
        {
            daemon.Ask(new OperatorRequest.Resume());
        }

        observer.Ask(new OperatorRequest.Reconfigure(observer.Options with { IsObserving = true }));
        ring.RunFor(60);
        var sequence = observer.View.AdvertSequence;
        var known = Assert.Single(ring.Proposer.View.Adverts, advert => advert.Node == observer.Node.Id);
        Assert.Equal(sequence, known.Sequence);
        Assert.All(known.Intents, static intent => Assert.Equal(0, intent.WantOut + intent.MayOut + intent.WantIn + intent.MayIn));

        var heard = Listen(ring, observer);
        ring.RunFor(3_600);
        Assert.Equal(sequence, observer.View.AdvertSequence);
        Assert.All(heard, static message => Assert.True(message is WireMessage.Greeting or WireMessage.Request, $"It said {message.GetType().Name}."));
    }

    /// <summary>What everybody else hears of that node.</summary>
    private static List<WireMessage> Listen(TestRing ring, TestDaemon from)
    {
        var heard = new List<WireMessage>();
        foreach (var other in ring.Daemons.Where(other => other != from))
        {
            other.Node.CustomMessages.Subscribe(message =>
            {
                if (message.Peer == from.Node.Id && WireDecoder.Decode(message.Data.AsMemory()) is DecodeResult.Decoded decoded)
                {
                    heard.Add(decoded.Message);
                }
            });
        }

        return heard;
    }
}
