namespace Eddy.Simulator;

/// <summary>The process dies: nothing after this point of the step happens.</summary>
public sealed class CrashException : Exception
{
    public CrashException()
        : base("The process dies here.")
    {
    }

    public CrashException(string message)
        : base(message)
    {
    }

    public CrashException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
