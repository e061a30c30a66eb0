using System.Buffers.Binary;
using Eddy.Engine.Ports;

namespace Eddy.Sqlite;

/// <summary>A database file that nobody uses, with the logs beside it, in which its last commits may be.</summary>
internal static class DatabaseFile
{
    // sqlite.org/fileformat2.html: the headers of a database and of a write-ahead log in either byte order.
    private const int WalHeaderLength = 32;
    private const uint WalMagic = 0x377F_0682;
    private const uint WalMagicBigEndian = 0x377F_0683;

    private static readonly string[] Logs = ["-wal", "-journal"];

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Something is beside it that SQLite would read with it.</summary>
    public static bool HasLog(string path) => Logs.Select(suffix => new FileInfo(path + suffix)).Any(static log => log is { Exists: true, Length: > 0 });

    /// <summary>Copies it and its logs; whoever opens the copy next gets all that was committed.</summary>
    /// <param name="from">The database.</param>
    /// <param name="to">Does not exist yet.</param>
    /// <exception cref="StoreException">The database cannot be read, is none, or is being written.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void Copy(string from, string to)
    {
        string[] files = [from, .. Logs.Select(suffix => from + suffix).Where(static log => new FileInfo(log) is { Exists: true, Length: > 0 })];
        var before = Stamps(files);
        foreach (var file in files)
        {
            using var source = OpenToRead(file);
            CheckHeader(file, source, from);
            using var destination = new FileStream(to + file[from.Length..], OwnedFile.Options(FileMode.CreateNew, FileAccess.Write));
            CopyTo(source, destination);
        }

        if (!before.SequenceEqual(Stamps(files)))
        {
            throw new StoreException(StoreFault.Locked, $"{from} was written to while it was copied: stop whatever uses it, or copy it with 'eddy store backup'.");
        }
    }

    private static void CopyTo(FileStream source, FileStream destination)
    {
        try
        {
            source.CopyTo(destination);
            destination.Flush(flushToDisk: true);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // What .NET makes of EFBIG.
            throw new IOException("no file may become so large here", exception);
        }
    }

    private static (long, DateTime)[] Stamps(string[] files) =>
        [.. files.Select(static file => new FileInfo(file)).Select(static file => file.Exists ? (file.Length, file.LastWriteTimeUtc) : (-1, default))];

    private static FileStream OpenToRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            throw new StoreException(StoreFault.Failed, $"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Before it is copied: it may be a device without end. SQLite passes over a log that is none without a word.</summary>
    private static void CheckHeader(string file, FileStream stream, string database)
    {
        Span<byte> header = stackalloc byte[WalHeaderLength];
        var length = ReadHeader(file, stream, header);
        if (file == database)
        {
            if (!header[..length].StartsWith(Magic))
            {
                throw new StoreException(StoreFault.Corrupt, $"{file} is damaged or no database of eddy's.");
            }
        }
        else if (file.EndsWith("-wal", StringComparison.Ordinal)
            && (length < WalHeaderLength || BinaryPrimitives.ReadUInt32BigEndian(header) is not (WalMagic or WalMagicBigEndian)))
        {
            throw new StoreException(
                StoreFault.Corrupt,
                $"{file} is damaged or no log of {database}, and the last commits may have been in it: move it away to do without them.");
        }

        stream.Position = 0;
    }

    private static int ReadHeader(string file, FileStream stream, Span<byte> header)
    {
        try
        {
            return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        }
        catch (IOException exception)
        {
            throw new StoreException(StoreFault.Failed, $"{file} cannot be read: {exception.Message}", exception);
        }
    }
}
