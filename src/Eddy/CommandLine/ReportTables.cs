using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary>The API's reports as people read them.</summary>
internal static class ReportTables
{
    /// <summary>LND is asked every five seconds.</summary>
    private const long LongSilenceMs = 8_000;

    public static void Status(Terminal terminal, StatusReport status)
    {
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable { Title = "eddy" }.Column("what").Column("state");
        table.Row("eddy", $"{status.Version} (commit {status.Commit}), up {Show.Span(now - status.StartedAt)}");
        table.Row("node", status.Node is { } node ? $"{node.Alias} {node.Pubkey}" : "not known yet");
        table.Row("LND", status.Node is { } lnd && status.Connected
            ? status.LndSilenceMs > LongSilenceMs
                ? new($"{lnd.LndVersion} on {lnd.Network}, height {lnd.Height}; no answer for {Show.Span(TimeSpan.FromMilliseconds(status.LndSilenceMs.Value))}", Style: "yellow")
                : new($"{lnd.LndVersion} on {lnd.Network}, height {lnd.Height}", Style: "green")
            : new($"away: {status.ConnectionReason}", Style: "red"));
        table.Row("interceptor", status.Interceptor switch
        {
            "up" => new("up: this node can waive", Style: "green"),
            "taken" => new($"held by another program, so this node can only initiate: {status.InterceptorReason}", Style: "yellow"),
            _ => new($"down: {status.InterceptorReason}", Style: "red"),
        });
        table.Row("mode", status.Paused ? new($"{status.Mode}, paused", Style: "yellow") : new(status.Mode));
        table.Row("guard", status.Guard.State == "running"
            ? new($"process {status.Guard.Process}, kills a frozen daemon within {status.Guard.TimeoutMs} ms (longest silence {status.Guard.LongestSilenceMs} ms)")
            : new($"off: {status.Guard.Reason}", Style: "yellow"));
        table.Row("last kill", status.Guard.LastKillAt is { } killed ? $"{Show.When(killed, now).Text}: {status.Guard.LastKillReason}" : "never");
        table.Row("knows", $"{status.Channels} channels, {status.EddyPeers} eddy peers, {status.Adverts} adverts");
        table.Row("rings", $"{status.Totals.Settled} settled, {status.Totals.Failed} failed, {status.Totals.UnderWay} under way");
        table.Row("moved", $"{Show.Msat(status.Totals.MovedMsat)} sat for nothing; by the members' fees {Show.Msat(status.Totals.SavedMsat)} sat");
        table.Row("waived", $"{Show.Msat(status.Totals.WaivedMsat)} sat of fees that LND books and nobody received");
        if (status.Mode == "observe")
        {
            table.Row("would", $"have been in {status.WouldRings} rings since the start: eddy rings --would; to take part: mode=active, eddy config reload");
        }

        if (!status.Refusals.IsEmpty)
        {
            var causes = string.Join(", ", status.Refusals.Select(refusal => $"{refusal.Count} {refusal.Cause}"));
            table.Row("refused", $"{status.Refusals.Sum(refusal => refusal.Count)} rings of others ({causes}); see eddy why");
        }

        table.Row("next search", Show.When(status.NextSearchAt, now));
        table.Row("last search", status.LastSearch.Length > 0 ? status.LastSearch : "-");
        table.WriteTo(terminal);
    }

    public static void Channels(Terminal terminal, ChannelsReport report)
    {
        var table = new TextTable { Empty = "This node has no open channels." }
            .Key("scid").Column("peer").Number("capacity").Picture("balance").Number("local").Number("target").Column("offers").Column("note");
        foreach (var channel in report.Channels)
        {
            var style = Show.StyleOf(channel.Local, channel.Target, channel.Deadband);
            table.Row(
                channel.Scid,
                Show.Node(channel.Peer, channel.Alias),
                Show.Sat(channel.CapacitySat),
                new(Show.Bar(channel.Local, channel.Target), Style: style),
                new(Show.Percent(channel.Local), Style: style),
                Show.Percent(channel.Target),
                Offers(channel),
                Note(channel));
        }

        table.WriteTo(terminal);
    }

    public static void Peers(Terminal terminal, PeersReport report)
    {
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable { Empty = "No peers." }
            .Column("peer").Key("online").Key("eddy").Number("channels").Wide().Key("can").Key("last seen").Wide().Number("faults").Wide().Column("note");
        foreach (var peer in report.Peers)
        {
            var can = string.Join(", ", new[] { peer.CanInitiate ? "initiate" : "", peer.CanWaive ? "waive" : "" }.Where(word => word.Length > 0));
            var backOff = peer.BackedOffUntil is { } until && until > now ? $"backed off {Show.When(until, now).Text}" : "";
            table.Row(
                Show.Node(peer.Pubkey, peer.Alias),
                Show.YesNo(peer.Online),
                peer.ProtocolVersion > 0 ? new($"v{peer.ProtocolVersion} {peer.Agent}".Trim(), Style: "green") : new("no", Style: "grey"),
                $"{peer.Channels}",
                can.Length > 0 ? can : "-",
                Show.When(peer.LastSeen, now),
                new($"{peer.Faults}", Style: peer.MutedUntil is null ? null : "red"),
                string.Join("; ", new[] { backOff, peer.Note }.Where(text => text.Length > 0)));
        }

        table.WriteTo(terminal);
        foreach (var word in report.Words)
        {
            terminal.WriteLine($"{word.Word}  {word.Pubkey}  {(word.Until is { } end ? Show.When(end, now).Text : "until taken back")}");
        }
    }

    public static void Ledger(Terminal terminal, LedgerReport report)
    {
        var days = new TextTable { Title = "Phantom fees by day (UTC)", Empty = "Nothing was waived in that time." }
            .Key("day").Number("forwards").Number("sat moved").Number("sat of phantom fees");
        foreach (var day in report.Days)
        {
            days.Row(day.Day, $"{day.Forwards}", Show.Msat(day.AmountMsat), Show.Msat(day.PhantomFeeMsat));
        }

        days.WriteTo(terminal);
        if (report.Forwards == 0)
        {
            return;
        }

        var channels = new TextTable { Title = "By channel" }.Key("came in on").Key("left on").Number("forwards").Number("sat moved").Number("sat of phantom fees");
        foreach (var channel in report.Channels)
        {
            channels.Row(channel.IncomingScid, channel.OutgoingScid, $"{channel.Forwards}", Show.Msat(channel.AmountMsat), Show.Msat(channel.PhantomFeeMsat));
        }

        channels.WriteTo(terminal);
        terminal.WriteLine($"LND books {Show.Msat(report.PhantomFeeMsat)} sat of income for {report.Forwards} waived forwards that nobody received: subtract it.");
    }

    public static void Would(Terminal terminal, WouldReport report)
    {
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable { Empty = "None yet: this node does not only look on, has heard no offers, or none of them closes to a ring." }
            .Key("seen").Number("sat").Number("nodes").Number("saved").Number("waived").Column("round");
        foreach (var ring in report.Latest)
        {
            table.Row(
                Show.When(ring.At, now),
                Show.Sat(ring.AmountSat),
                $"{ring.Nodes.Length}",
                Show.Msat(ring.SavedMsat),
                Show.Msat(ring.WaivedMsat),
                string.Join(" > ", ring.Nodes.Skip(1).Select(node => Show.Node(node).Text)));
        }

        table.WriteTo(terminal);
        terminal.WriteLine($"{report.Rings} rings since the start: {Show.Msat(report.MovedMsat)} sat moved for nothing, {Show.Msat(report.SavedMsat)} sat of fees saved, at most {Show.Msat(report.WaivedMsat)} sat waived");
    }

    public static void Adverts(Terminal terminal, AdvertsReport report)
    {
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable { Empty = "No adverts: no eddy node is in reach, or none offers anything." }
            .Key("node").Number("hops").Wide().Key("via").Wide().Key("with").Number("out").Number("may out").Number("in").Number("may in").Key("expires").Wide();
        foreach (var advert in report.Adverts)
        {
            foreach (var intent in advert.Intents)
            {
                table.Row(
                    Show.Node(advert.Node),
                    $"{advert.Hops}",
                    Show.Node(advert.Via),
                    Show.Node(intent.Peer),
                    Show.Sat(intent.WantOutSat),
                    Show.Sat(intent.MayOutSat),
                    Show.Sat(intent.WantInSat),
                    Show.Sat(intent.MayInSat),
                    Show.When(advert.ExpiresAt, now));
            }
        }

        table.WriteTo(terminal);
    }

    public static void Rings(Terminal terminal, RingsReport report)
    {
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable { Empty = "No rings yet." }
            .Key("id").Key("role").Key("outcome").Number("sat").Number("hops").Wide().Key("started").Wide().Column("why");
        foreach (var ring in report.Rings)
        {
            table.Row(
                Show.Ring(ring.Id),
                ring.Role,
                Outcome(ring),
                Show.Sat(ring.AmountSat),
                $"{ring.Hops.Length}",
                Show.When(ring.StartedAt, now),
                ring.Reason);
        }

        table.WriteTo(terminal);
    }

    public static void Ring(Terminal terminal, RingReport ring)
    {
        var now = DateTimeOffset.UtcNow;
        var facts = new TextTable { Title = $"Ring {ring.Id}" }.Column("what").Column("value");
        facts.Row("role", ring.Role);
        facts.Row("state", ring.State);
        facts.Row("outcome", Outcome(ring));
        facts.Row("amount", $"{Show.Sat(ring.AmountSat)} sat");
        facts.Row("fee paid", $"{Show.Msat(ring.FeeMsat)} sat");
        facts.Row("fee waived", $"{Show.Msat(ring.WaivedFeeMsat)} sat");
        facts.Row("started", Show.When(ring.StartedAt, now));
        facts.Row("ended", Show.When(ring.EndedAt, now));
        facts.Row("hop at fault", ring.FailurePosition is { } position ? $"{position}, {ring.FailureNode ?? "unknown node"}" : "-");
        facts.Row("reason", ring.Reason.Length > 0 ? ring.Reason : "-");
        facts.WriteTo(terminal);

        var hops = new TextTable { Title = "Hops" }.Number("#").Key("node").Key("sends on").Number("sat").Column("note");
        foreach (var hop in ring.Hops)
        {
            var isAtFault = hop.Position == ring.FailurePosition;
            hops.Row(
                $"{hop.Position}",
                Show.Node(hop.Node),
                hop.Scid ?? "-",
                hop.AmountMsat is { } amount ? Show.Msat(amount) : "-",
                new(isAtFault ? "failed here" : hop.Position == 0 ? "initiator" : "", Style: isAtFault ? "red" : null));
        }

        hops.WriteTo(terminal);
        Story(terminal, ring);
    }

    public static void Why(Terminal terminal, WhyReport why)
    {
        terminal.WriteLine(why.Scid is { } scid ? $"Channel {scid} with {why.Peer}" : why.Peer is { } peer ? $"Peer {peer}" : "This node");
        if (why.Reasons.IsEmpty)
        {
            terminal.WriteLine("Nothing stands in the way of a ring.");
        }

        for (var rank = 0; rank < why.Reasons.Length; rank++)
        {
            var reason = why.Reasons[rank];
            terminal.WriteLine($"{rank + 1}. {reason.What} [{reason.Code}]");
            if (reason.Advice.Length > 0)
            {
                terminal.WriteLine($"   {reason.Advice}");
            }
        }

        foreach (var ring in why.Rings)
        {
            var fault = ring.FailurePosition is { } position ? $", hop {position} ({ring.FailureNode ?? "unknown node"})" : "";
            var reason = ring.Reason.Length > 0 ? $": {ring.Reason}" : "";
            terminal.WriteLine($"- ring {Show.Ring(ring.Id).Text}, {Show.Sat(ring.AmountSat)} sat, as {ring.Role}: {Words(ring.Outcome)}{fault}{reason}");
        }
    }

    public static void Reply(Terminal terminal, ReplyReport reply)
    {
        terminal.WriteLine(reply.Message);
        if (reply.Ring is { } ring)
        {
            terminal.WriteLine($"ring    {ring}");
        }

        if (reply.AmountSat > 0)
        {
            terminal.WriteLine($"amount  {Show.Sat(reply.AmountSat)} sat");
        }

        foreach (var node in reply.Nodes)
        {
            terminal.WriteLine($"  {node}");
        }
    }

    public static void Story(Terminal terminal, RingReport ring)
    {
        foreach (var line in ring.Story)
        {
            terminal.WriteLine($"{line.At.UtcDateTime:HH:mm:ss.fff}  {line.What}");
        }
    }

    public static string Words(string outcome) => outcome.Replace('_', ' ');

    private static Cell Outcome(RingReport ring) => new(Words(ring.Outcome), ring.Outcome, ring.Outcome switch
    {
        "settled" => "green",
        "under_way" => "yellow",
        _ => "red",
    });

    private static string Offers(ChannelReport channel) => (channel.WantOutSat, channel.WantInSat, channel.MayOutSat, channel.MayInSat) switch
    {
        ( > 0, _, _, _) => $"out {Show.Sat(channel.WantOutSat)}",
        (_, > 0, _, _) => $"in {Show.Sat(channel.WantInSat)}",
        (_, _, > 0, > 0) => "either way",
        (_, _, > 0, _) => $"may out {Show.Sat(channel.MayOutSat)}",
        (_, _, _, > 0) => $"may in {Show.Sat(channel.MayInSat)}",
        _ => "-",
    };

    private static string Note(ChannelReport channel)
    {
        var notes = new List<string>();
        if (!channel.Active)
        {
            notes.Add("inactive");
        }

        if (channel.Excluded)
        {
            notes.Add("excluded");
        }

        if (!channel.PeerIsEddy)
        {
            notes.Add("peer runs no eddy");
        }

        if (channel.ReservedOutMsat > 0 || channel.ReservedInMsat > 0)
        {
            notes.Add("in a ring");
        }

        return string.Join(", ", notes);
    }
}
