using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Eddy.Help;

/// <summary>One thing to read about: a part of the documents, which the program carries.</summary>
/// <param name="Document">File name in <c>docs</c>.</param>
/// <param name="Heading">Of the part; empty for the whole document.</param>
internal sealed record HelpTopic(string Name, string Summary, string Document, string Heading = "");

/// <summary>The topics of <c>eddy help</c>.</summary>
internal static partial class HelpTopics
{
    public static readonly ImmutableArray<HelpTopic> All =
    [
        new("quickstart", "from download to a settled ring", "quickstart.md"),
        new("setup", "what 'eddy setup' and 'eddy doctor' do", "operations.md", "Setting it up"),
        new("configuration", "every key of eddy.conf", "operations.md", "Configuration"),
        new("lnd", "what LND needs, and what to put into lnd.conf", "operations.md", "LND"),
        new("guard", "what ends a frozen daemon, and what starts it again; systemd", "operations.md", "The guard, and what starts eddy again"),
        new("exit-codes", "commands and their exit codes", "operations.md", "Commands and exit codes"),
        new("dashboard", "the page of the daemon's own", "operations.md", "The dashboard"),
        new("why", "why nothing happens, reason by reason", "operations.md", "Why nothing happens"),
        new("trouble", "when something is wrong", "operations.md", "When something is wrong"),
        new("stopping", "stopping, upgrading, going back", "operations.md", "Stopping, upgrading, going back"),
        new("ledger", "phantom fees, and what to do about them", "operations.md", "The ledger of phantom fees"),
        new("interceptors", "other programs that want LND's interceptor", "operations.md", "Other interceptor programs"),
        new("monitoring", "metrics, traces and logs", "monitoring.md"),
        new("api", "the daemon's HTTP API", "api.md"),
        new("database", "full disks, copies, putting one back", "operations.md", "The database"),
        new("files", "who may read what", "operations.md", "Files and who may read them"),
        new("rings", "how a ring is found and who may propose it", "protocol.md", "4. Finding and the right to propose"),
        new("consent", "which rings a node takes part in", "protocol.md", "5. The consent rule"),
        new("reasons", "why a member refuses", "protocol.md", "Reject reasons"),
        new("waiver", "how a fee is waived, and what keeps that safe", "threat-model.md", "The waiver"),
        new("risks", "what remains, and is accepted", "threat-model.md", "What remains, and is accepted"),
        new("limits", "the owner's limits", "threat-model.md", "The owner's limits"),
        new("glossary", "the words", "glossary.md"),
    ];

    /// <summary>The topic's text, as it stands in the documents but for where links lead.</summary>
    public static string Read(HelpTopic topic)
    {
        using var stream = typeof(HelpTopics).Assembly.GetManifestResourceStream($"docs/{topic.Document}")
            ?? throw new InvalidOperationException($"{topic.Document} is missing from the program.");
        using var reader = new StreamReader(stream);
        var text = topic.Heading.Length == 0 ? reader.ReadToEnd() : Part(reader, topic.Heading);
        return Link().Replace(text, "$1").Trim() + "\n";
    }

    /// <summary>From the heading to the next of the same rank or a higher one.</summary>
    private static string Part(StreamReader reader, string heading)
    {
        var part = new StringBuilder();
        var rank = 0;
        var isCode = false;
        while (reader.ReadLine() is { } line)
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);
            var here = isCode ? 0 : line.TakeWhile(letter => letter == '#').Count();
            if (rank == 0 && here > 0 && line[here..].Trim() == heading)
            {
                rank = here;
            }
            else if (rank > 0 && here > 0 && here <= rank)
            {
                break;
            }

            if (rank > 0)
            {
                part.AppendLine(line);
            }
        }

        return part.ToString();
    }

    [GeneratedRegex(@"!?\[([^\]\n]+)\]\([^)\n]*\)", RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
