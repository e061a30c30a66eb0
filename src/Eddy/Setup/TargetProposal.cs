using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Lnd.Access;

namespace Eddy.Setup;

/// <summary>A target for one channel that differs from the usual, and the reason.</summary>
/// <param name="Target">Share of the capacity that is wanted on our side.</param>
internal sealed record TargetProposal(ShortChannelId Channel, double Target, string Why)
{
    private const double Most = 0.7;
    private const double Least = 0.3;

    /// <summary>Of what went over the channel, so much in one direction makes it a drain or a source.</summary>
    private const double OneSided = 0.75;

    /// <summary>What is less than this share of the capacity says nothing yet.</summary>
    private const double LeastTraffic = 0.25;

    /// <summary>
    /// A channel that mostly sends empties itself again after every ring, so it is kept fuller, and one that mostly receives emptier. Channels that
    /// do neither, or moved little so far, stay at the usual target.
    /// </summary>
    public static ImmutableArray<TargetProposal> For(IEnumerable<SurveyedChannel> channels) => [.. channels.Select(For).OfType<TargetProposal>()];

    private static TargetProposal? For(SurveyedChannel surveyed)
    {
        var capacity = surveyed.Channel.Capacity.Satoshi;

        // What the funder pushed over at the opening is counted by LND as a balance and not as traffic.
        var total = (double)surveyed.SentSat + surveyed.ReceivedSat;
        if (capacity == 0 || total < LeastTraffic * capacity)
        {
            return null;
        }

        var sent = surveyed.SentSat / total;
        return sent >= OneSided ? new(surveyed.Channel.Id, Most, $"{sent:P0} of what went over it was sent: it drains")
            : sent <= 1 - OneSided ? new(surveyed.Channel.Id, Least, $"{1 - sent:P0} of what went over it was received: it fills up")
            : null;
    }
}
