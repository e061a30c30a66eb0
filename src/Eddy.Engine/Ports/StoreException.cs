namespace Eddy.Engine.Ports;

/// <summary>Why the store cannot do its work.</summary>
public enum StoreFault
{
    /// <summary>Anything the others do not name.</summary>
    Failed = 0,

    /// <summary>Another process holds the database.</summary>
    Locked = 1,

    /// <summary>No room on the disk.</summary>
    Full = 2,

    /// <summary>File or directory cannot be written.</summary>
    ReadOnly = 3,

    /// <summary>The file is damaged, or no database of ours.</summary>
    Corrupt = 4,

    /// <summary>Written by a later version of eddy.</summary>
    Newer = 5,

    /// <summary>Another database was being put in its place, and that did not come to its end.</summary>
    CutShort = 6,
}

/// <summary>The store failed. The message is one sentence for the operator that says what to do.</summary>
public sealed class StoreException : Exception
{
    public StoreException()
    {
    }

    public StoreException(string message)
        : base(message)
    {
    }

    public StoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public StoreException(StoreFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public StoreFault Fault { get; }
}
