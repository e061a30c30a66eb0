namespace Eddy.Engine.Wire;

/// <summary>What became of bytes from a peer.</summary>
internal abstract record DecodeResult
{
    private DecodeResult()
    {
    }

    public sealed record Decoded(WireMessage Message) : DecodeResult;

    /// <summary>Nothing wrong with it; it is of a version or kind that we do not speak.</summary>
    public sealed record Unknown : DecodeResult;

    /// <param name="Fault">For the log.</param>
    public sealed record Malformed(string Fault) : DecodeResult;
}
