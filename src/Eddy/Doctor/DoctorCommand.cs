using System.CommandLine;
using Eddy.CommandLine;
using Eddy.Configuration;

namespace Eddy.Doctor;

/// <summary><c>eddy doctor</c>: everything that can be wrong around a daemon, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var command = new Command("doctor", "Look at everything that eddy depends on, and say what to do; the exit code is that of the worst");
        var json = EddyCommands.AddJson(command);
        commands.Add(root, command, async (parse, cancellationToken) =>
        {
            var findings = await ExamineAsync(flags.TryLoad(parse), cancellationToken);
            new Output(terminal, parse.GetValue(json)).Write(DoctorReport.From(findings), DoctorJson.Default.DoctorReport, Show);
            return findings.Where(finding => finding.Health == Health.Fail).Select(finding => finding.ExitCode).FirstOrDefault(ExitCode.Done);
        });
    }

    private static async Task<IReadOnlyCollection<Finding>> ExamineAsync(ConfigResult loaded, CancellationToken cancellationToken)
    {
        if (loaded.Config is not { } config)
        {
            return [.. loaded.Mistakes.Select(mistake => Finding.Fail("configuration", mistake.ToString(), "correct it; 'eddy config check' looks again", ExitCode.Usage))];
        }

        var findings = new List<Finding>(FileFindings.OfConfiguration(config));
        var lnd = await LndFindings.FindAsync(config, findings, cancellationToken);
        findings.AddRange(ClockFindings.Find(lnd, config.Network ?? lnd?.Node.Network, DateTimeOffset.UtcNow, SystemClock.IsSynchronized()));
        var status = await DaemonFindings.FindAsync(config, lnd, findings, cancellationToken);
        findings.AddRange(FileFindings.OfData(config, isInUse: status is not null));
        findings.AddRange(SystemFindings.Find(config, status));
        return findings;
    }

    private static void Show(Terminal terminal, DoctorReport report)
    {
        var table = new TextTable().Column("state").Column("check").Column("found").Column("what to do");
        foreach (var finding in report.Findings)
        {
            var style = finding.Level switch
            {
                "ok" => "green",
                "warn" => "yellow",
                _ => "red",
            };
            table.Row(new Cell(finding.Level, Style: style), finding.Check, finding.What, finding.Advice);
        }

        table.WriteTo(terminal);
        terminal.WriteLine(report.Worst switch
        {
            "ok" => "All is well.",
            "warn" => "Eddy can run; what is marked could be better.",
            _ => "Eddy cannot run, or not safely, before what failed is put right.",
        });
    }
}
