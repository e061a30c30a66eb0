using System.Globalization;
using System.Text;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Lnd.Access;

namespace Eddy.Setup;

/// <summary>Writes an <c>eddy.conf</c> that explains itself: every key there is, those that are set and, as comments, those at their defaults.</summary>
internal static class ConfigTemplate
{
    private const int NameLength = 32;

    /// <param name="config">What is to hold.</param>
    /// <param name="survey">The node it is for; null where that could not be asked.</param>
    /// <param name="now">For the first line.</param>
    public static string Write(EddyConfig config, LndSurveyReport? survey, DateTimeOffset now)
    {
        var text = new StringBuilder();
        var whose = survey is null ? "" : $" for {Name(survey.Node.Alias, survey.Node.Id.ToString())} on {survey.Node.Network}";
        text.Append(CultureInfo.InvariantCulture, $"# eddy.conf{whose}, written by eddy {BuildVersion.Number} on {now.UtcDateTime:yyyy-MM-dd}.\n");
        text.Append("# Lines that begin with # are comments; a key behind one stands at its default.\n");
        text.Append("# 'eddy config check' names every mistake, 'eddy config show' what holds and where it came from.\n");
        foreach (var section in ConfigKeys.All.GroupBy(key => key.Section))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[{section.Key}]\n");
            foreach (var key in section)
            {
                var value = config.Values.Single(value => value.Key == key);
                var isSet = value.Origin is not (ConfigOrigin.Default or ConfigOrigin.Derived);
                text.Append(CultureInfo.InvariantCulture, $"# {key.Help}\n{(isSet ? "" : "#")}{key.Name}={(isSet ? Quote(TextOf(value)) : key.Default)}\n");
            }
        }

        WriteLinks(text, config, survey);
        return text.ToString();
    }

    /// <summary>Single channels and peers: what was set before stays, what is proposed is added.</summary>
    private static void WriteLinks(StringBuilder text, EddyConfig config, LndSurveyReport? survey)
    {
        text.Append("""

            # Single channels, and peers for all channels with them:
            #   [channel 870127x1237x1] or [peer 02...], with target=, deadband= and exclude=true to keep it out of every ring

            """);
        var known = config.Values.Where(value => value.Key.Section.Contains(' ', StringComparison.Ordinal)).ToLookup(value => value.Key.Section);
        var channels = survey?.Channels ?? [];
        var proposals = TargetProposal.For(channels).ToDictionary(proposal => proposal.Channel);
        foreach (var surveyed in channels)
        {
            var channel = surveyed.Channel;
            var section = $"channel {channel.Id}";
            var share = channel.Capacity.Value == 0 ? 0 : (double)channel.Local.Value / channel.Capacity.Value;
            text.Append(CultureInfo.InvariantCulture, $"\n# {Name(channel.PeerAlias, channel.Peer.ToString())}: {Show.Sat(channel.Capacity.Satoshi)} sat, {Show.Percent(share)} on our side; ");
            text.Append(CultureInfo.InvariantCulture, $"sent {Show.Sat(surveyed.SentSat)}, received {Show.Sat(surveyed.ReceivedSat)}\n");
            if (known.Contains(section))
            {
                WriteSet(text, known[section]);
            }
            else if (proposals.GetValueOrDefault(channel.Id) is { } proposal)
            {
                text.Append(CultureInfo.InvariantCulture, $"# {proposal.Why}\n[{section}]\ntarget={proposal.Target:0.0#}\n");
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"#[{section}]\n#target={config.Target:0.0#}\n");
            }
        }

        foreach (var link in known.Where(link => !channels.Any(surveyed => link.Key == $"channel {surveyed.Channel.Id}")))
        {
            text.Append('\n');
            WriteSet(text, link);
        }
    }

    private static void WriteSet(StringBuilder text, IEnumerable<ConfigValue> values)
    {
        text.Append(CultureInfo.InvariantCulture, $"[{values.First().Key.Section}]\n");
        foreach (var value in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value.Key.Name}={Quote(TextOf(value))}\n");
        }
    }

    /// <summary>A stranger chose the alias: it must not begin a line of its own here.</summary>
    private static string Name(string alias, string pubkey) =>
        alias.Length == 0 || alias == pubkey ? Show.Shorten(pubkey, NameLength) : $"{Show.Shorten(Terminal.Clean(alias), NameLength)} ({Show.Shorten(pubkey, 11)})";

    private static string TextOf(ConfigValue value) => value.Key.Read == ConfigReaders.FilePath && value.Value is string path ? path : value.Text;

    /// <summary>A value with something in it that would begin a comment stands in quotes.</summary>
    private static string Quote(string value) =>
        value.StartsWith('"') || IniFile.StripComment(value) != value ? $"\"{value}\"" : value;
}
