using System.Globalization;
using System.Reflection;
using Eddy.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>Brings a database to this binary's schema by the numbered scripts that are embedded in it. <c>user_version</c> is the last one that ran.</summary>
internal static class SchemaMigrations
{
    /// <summary>"eddy": tells our files from others (<c>application_id</c>).</summary>
    private const long ApplicationId = 0x65646479;

    private const string Folder = "Migrations.";

    public static int Latest => Scripts.Length;

    private static readonly (int Number, string Sql)[] Scripts = ReadScripts();

    /// <param name="connection">To the database.</param>
    /// <param name="path">Of its file, for messages.</param>
    /// <param name="before">Called before anything is changed in a database that is not new, with its schema.</param>
    public static void Run(SqliteConnection connection, string path, Action<int>? before = null)
    {
        var version = IsNew(connection) ? 0 : Check(connection, path);
        if (version is > 0 && version < Latest)
        {
            before?.Invoke(version);
        }

        foreach (var (number, sql) in Scripts.Where(script => script.Number > version))
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, transaction, sql);
            Execute(connection, transaction, $"PRAGMA application_id = {ApplicationId}");
            Execute(connection, transaction, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {number}"));
            transaction.Commit();
        }
    }

    public static bool IsNew(SqliteConnection connection) =>
        ReadNumber(connection, "PRAGMA application_id") == 0
        && ReadNumber(connection, "PRAGMA user_version") == 0
        && ReadNumber(connection, "SELECT count(*) FROM sqlite_master") == 0;

    /// <returns>The schema's number.</returns>
    /// <exception cref="StoreException">It is not ours, or of a later version.</exception>
    public static int Check(SqliteConnection connection, string path)
    {
        var version = ReadNumber(connection, "PRAGMA user_version");
        if (ReadNumber(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw new StoreException(StoreFault.Corrupt, $"{path} is no database of eddy's: move it away, or give another data directory.");
        }

        return version <= Latest
            ? (int)version
            : throw new StoreException(
                StoreFault.Newer,
                $"{path} was written by a later version of eddy (schema {version}, this one knows {Latest}): run that version, or put back a copy from before it with 'eddy store restore'.");
    }

    private static (int Number, string Sql)[] ReadScripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = assembly.GetManifestResourceNames()
            .Where(static name => name.Contains(Folder, StringComparison.Ordinal))
            .Select(name => (Number: NumberOf(name), Sql: ReadText(assembly, name)))
            .OrderBy(static script => script.Number)
            .ToArray();
        return scripts.Select(static script => script.Number).SequenceEqual(Enumerable.Range(1, scripts.Length))
            ? scripts
            : throw new InvalidOperationException("The migrations are not numbered 1, 2, 3, ...");
    }

    private static int NumberOf(string name)
    {
        var file = name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..];
        return int.Parse(file[..file.IndexOf('_', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }

    private static string ReadText(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static long ReadNumber(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
