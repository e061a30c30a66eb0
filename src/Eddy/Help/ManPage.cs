using System.Globalization;
using System.Text;
using Eddy.Configuration;

namespace Eddy.Help;

/// <summary>The manual page, written out from the command tree and the keys of the configuration.</summary>
internal static class ManPage
{
    public static string Write(CommandEntry root)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $".TH EDDY 1 \"\" \"eddy {BuildVersion.Number}\" \"User Commands\"\n");
        text.Append(".SH NAME\neddy \\- keep the channels of an LND node balanced, for free\n");
        text.Append(".SH SYNOPSIS\n.B eddy\n.I COMMAND\n[\n.I OPTIONS\n]\n");
        text.Append(CultureInfo.InvariantCulture, $".SH DESCRIPTION\n{Escape(root.Description)}\n");
        text.Append(".SH COMMANDS\n");
        var common = root.Options.Where(option => option.Names[0] != "--version").Select(option => option.Names[0]).ToHashSet();
        foreach (var command in root.All.Skip(1))
        {
            var arguments = string.Concat(command.Arguments.Select(argument => $" {argument}"));
            text.Append(CultureInfo.InvariantCulture, $".TP\n.B {Escape(command.Path[5..] + arguments)}\n{Escape(command.Description)}\n");
            var own = command.Options.Where(option => !common.Contains(option.Names[0]) && !option.Names[0].Contains('.', StringComparison.Ordinal)).ToArray();
            if (own.Length > 0)
            {
                text.Append(".RS\n");
                WriteOptions(text, own);
                text.Append(".RE\n");
            }
        }

        text.Append(".SH OPTIONS\n");
        WriteOptions(text, root.Options);
        text.Append(".SH CONFIGURATION\nFlags; the same without dashes in the sections of the file, or as EDDY_SECTION__KEY in the environment. The later of file, environment and flags wins.\n");
        foreach (var key in ConfigKeys.All)
        {
            text.Append(CultureInfo.InvariantCulture, $".TP\n.B {Escape(key.Flag)}\n{Escape(key.Help)}{(key.Default.Length > 0 ? $" [{Escape(key.Default)}]" : "")}\n");
        }

        text.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in Codes)
        {
            text.Append(CultureInfo.InvariantCulture, $".TP\n.B {code}\n{Escape(meaning)}\n");
        }

        text.Append(".SH FILES\n.TP\n.I ~/.eddy/eddy.conf\nThe configuration; 'eddy setup' writes it.\n.TP\n.I ~/.eddy/eddy.db\nAll that eddy remembers; copies of it are in\n.IR ~/.eddy/backups .\n");
        text.Append(".SH SEE ALSO\n.BR eddy \" help\" ,\n.BR lncli (1),\n.BR lnd (1)\n");
        return text.ToString();
    }

    /// <summary>As in <see cref="ExitCode"/>, and as <c>docs/operations.md</c> has them.</summary>
    internal static readonly IReadOnlyList<(int Code, string Meaning)> Codes =
    [
        (ExitCode.Done, "done"),
        (ExitCode.Failed, "failed: port taken, ring not settled, an invariant broken"),
        (ExitCode.Usage, "wrong usage or configuration: unknown key, unreadable certificate or macaroon, wrong network, LND too old, data directory not writable"),
        (ExitCode.Unreachable, "cannot talk to LND or to the daemon: not running, wallet locked, certificate does not match"),
        (ExitCode.Refused, "refused: macaroon lacks rights, wrong token"),
        (ExitCode.NotFound, "not found: unknown id or channel, no ring"),
    ];

    private static void WriteOptions(StringBuilder text, IEnumerable<OptionEntry> options)
    {
        foreach (var option in options)
        {
            var value = option.Value is null ? "" : $" {option.ValueName}";
            text.Append(CultureInfo.InvariantCulture, $".TP\n.B {Escape(string.Join(", ", option.Names) + value)}\n{Escape(option.Description)}\n");
        }
    }

    /// <summary>A dash is one that can be copied, and no text begins a request.</summary>
    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).ReplaceLineEndings(" ");
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
