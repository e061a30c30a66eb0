namespace Eddy.Simulator;

/// <summary>A graph or balance file cannot be used; the message says which and why, for whoever gave it.</summary>
public sealed class GraphFileException : Exception
{
    public GraphFileException()
    {
    }

    public GraphFileException(string message)
        : base(message)
    {
    }

    public GraphFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
