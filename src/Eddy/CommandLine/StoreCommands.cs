using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Serialization;
using Eddy.Engine.Ports;
using Eddy.Hosting;
using Eddy.Sqlite;

namespace Eddy.CommandLine;

/// <summary><c>eddy store</c>: copies of the database, and what to put in its place when it is not good any more.</summary>
internal static class StoreCommands
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var store = new Command("store", "Copy the database, or put a copy in its place");
        root.Subcommands.Add(store);

        var backup = new Command("backup", "Copy the database now; the daemon may run meanwhile");
        var backupJson = EddyCommands.AddJson(backup);
        commands.Add(store, backup, (parse, _) => Task.FromResult(Guarded(() => Backup(flags.Load(parse).DataDirectory, new(terminal, parse.GetValue(backupJson))))));

        var backups = new Command("backups", "List the copies, newest first, and check each");
        var backupsJson = EddyCommands.AddJson(backups);
        commands.Add(store, backups, (parse, _) => Task.FromResult(Guarded(() => List(flags.Load(parse).DataDirectory, new(terminal, parse.GetValue(backupsJson))))));

        var from = new Option<string?>("--from") { Description = "This copy, instead of the newest sound one", HelpName = "FILE" };
        var empty = new Option<bool>("--empty") { Description = "No copy: start with an empty database" };
        var restore = new Command("restore", "Put a copy in the place of the database, which is kept under another name. The daemon must not run") { from, empty };
        var restoreJson = EddyCommands.AddJson(restore);
        commands.Add(store, restore, (parse, _) => Task.FromResult(Guarded(() =>
            Restore(flags.Load(parse).DataDirectory, parse.GetValue(from), parse.GetValue(empty), new(terminal, parse.GetValue(restoreJson))))));
    }

    private static int Guarded(Func<int> command)
    {
        try
        {
            return command();
        }
        catch (StoreException e)
        {
            throw new CommandException(e.Fault == StoreFault.ReadOnly ? ExitCode.Usage : ExitCode.Failed, e.Message);
        }
    }

    private static int Backup(string directory, Output output)
    {
        var database = DataDirectory.DatabaseIn(directory);
        if (!File.Exists(database))
        {
            throw new CommandException(ExitCode.NotFound, $"there is no {database}: say where with --eddy.datadir");
        }

        var made = StoreBackup.Make(database, DataDirectory.BackupsIn(directory), TimeProvider.System.GetUtcNow());
        return output.Write(Report(made, fault: null), StoreJson.Default.BackupReport, static (terminal, report) =>
            terminal.WriteLine($"Copied to {report.Path}."));
    }

    private static int List(string directory, Output output)
    {
        var report = new BackupsReport([.. StoreBackup.List(DataDirectory.BackupsIn(directory)).Select(static backup => Report(backup, FaultOf(backup.Path)))]);
        return output.Write(report, StoreJson.Default.BackupsReport, static (terminal, report) =>
        {
            var table = new TextTable().Column("copied at").Column("file").Column("size").Column("state");
            foreach (var backup in report.Backups)
            {
                table.Row($"{backup.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}", backup.Path, $"{backup.Bytes:N0}", backup.Problem ?? "sound");
            }

            table.WriteTo(terminal);
        });
    }

    private static int Restore(string path, string? from, bool isEmpty, Output output)
    {
        if (isEmpty && from is not null)
        {
            throw new CommandException(ExitCode.Usage, "say either --from or --empty");
        }

        if (from is "")
        {
            throw new CommandException(ExitCode.Usage, "--from names no file: leave it out for the newest sound copy");
        }

        using var directory = DataDirectory.Open(path);
        var now = TimeProvider.System.GetUtcNow();
        if (isEmpty)
        {
            var replaced = StoreReplacement.StartEmpty(directory.Database, now);
            return output.Write(new RestoreReport(null, replaced), StoreJson.Default.RestoreReport, static (terminal, report) =>
                Say(terminal, "The database is empty now.", report.Replaced));
        }

        var backup = from is null ? Newest(directory.Backups) : Path.GetFullPath(from);
        if (!File.Exists(backup))
        {
            throw new CommandException(ExitCode.NotFound, $"there is no {backup}");
        }

        var old = StoreReplacement.Restore(directory.Database, backup, now);
        return output.Write(new RestoreReport(backup, old), StoreJson.Default.RestoreReport, static (terminal, report) =>
            Say(terminal, $"The database is what it was in {report.From}. What was under way in it is given up at the next start.", report.Replaced));
    }

    private static void Say(Terminal terminal, string what, string? replaced)
    {
        terminal.WriteLine(what);
        if (replaced is not null)
        {
            terminal.WriteLine($"The old one is kept as {replaced}.");
        }
    }

    private static string Newest(string directory)
    {
        var all = StoreBackup.List(directory);
        foreach (var backup in all)
        {
            switch (FaultOf(backup.Path))
            {
                case null:
                    return backup.Path;
                case var fault when !SaysTheCopyIsBad(fault):
                    // An older one in its place would lose what this one may well hold.
                    throw fault;
            }
        }

        throw new CommandException(
            ExitCode.NotFound, $"there is no {(all.IsEmpty ? "" : "sound ")}copy in {directory}: name one with --from, or start anew with --empty");
    }

    private static StoreException? FaultOf(string path)
    {
        try
        {
            StoreBackup.Check(path);
            return null;
        }
        catch (StoreException e)
        {
            return e;
        }
    }

    /// <summary>Of itself; not of the disk, which did not let us look.</summary>
    private static bool SaysTheCopyIsBad(StoreException fault) => fault.Fault is StoreFault.Corrupt or StoreFault.Newer;

    private static BackupReport Report(StoreBackup backup, StoreException? fault) =>
        new(backup.Path, backup.At, backup.Size, fault is null ? true : SaysTheCopyIsBad(fault) ? false : null, fault?.Message);
}

internal sealed record BackupsReport(ImmutableArray<BackupReport> Backups);

/// <param name="Sound">Null where the disk did not let us look.</param>
/// <param name="Problem">Null where it is sound.</param>
internal sealed record BackupReport(string Path, DateTimeOffset At, long Bytes, bool? Sound, string? Problem);

/// <param name="From">Null for an empty database.</param>
/// <param name="Replaced">Where the old database is now; null where there was none.</param>
internal sealed record RestoreReport(string? From, string? Replaced);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupsReport))]
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(RestoreReport))]
internal sealed partial class StoreJson : JsonSerializerContext;
