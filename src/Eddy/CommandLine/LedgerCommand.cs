using System.CommandLine;
using System.Globalization;
using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary><c>eddy ledger</c>: what has to be taken off LND's income, for taxes and other programs.</summary>
internal static class LedgerCommand
{
    public static void AddTo(EddyCommands commands, Command root)
    {
        var csv = new Option<bool>("--csv") { Description = "Each waived forward as a line of comma-separated values, with a first line of names" };
        var from = Day("--from", "The first day (UTC), like 2026-01-31");
        var to = Day("--to", "The last day (UTC)");
        commands.AddQuery(root, new("ledger", "Waived forwards, and the fees that LND booked for them and nobody received") { csv, from, to }, async (parse, daemon, output, cancellationToken) =>
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"v1/ledger?from={Number(parse.GetValue(from))}&to={Number(parse.GetValue(to))}");
            var report = await daemon.GetAsync(path, ApiJson.Default.LedgerReport, cancellationToken);
            return output.Write(report, ApiJson.Default.LedgerReport, parse.GetValue(csv) ? Lines : ReportTables.Ledger);
        });
    }

    internal static void Lines(Terminal terminal, LedgerReport report)
    {
        terminal.Output.WriteLine("settled_at,incoming_channel,htlc_id,outgoing_channel,amount_msat,phantom_fee_msat,ring");
        foreach (var entry in report.Entries)
        {
            terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.SettledAt.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ},{entry.IncomingScid},{entry.HtlcId},{entry.OutgoingScid},{entry.AmountMsat},{entry.PhantomFeeMsat},{entry.Ring}"));
        }
    }

    private static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DATE",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return day;
            }

            result.AddError($"{name} takes a day like 2026-01-31, not '{text}'");
            return null;
        },
    };

    private static int Number(DateOnly? day) => day is { } date ? (date.Year * 10_000) + (date.Month * 100) + date.Day : 0;
}
