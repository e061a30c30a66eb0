using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>A part that is kept: how it came, on the shortest way known.</summary>
/// <param name="ExpiresAt">From then on it says nothing any more.</param>
/// <param name="At">When it, or the shorter way, became known.</param>
internal sealed record StoredPart(SignedAdvertPart Part, int Hops, NodeId Via, DateTimeOffset ExpiresAt, DateTimeOffset At)
{
    private const int Overhead = 256;
    private const int IntentSize = 96;

    /// <summary>Told on with the hops it has.</summary>
    public bool IsRelayed { get; set; }

    /// <summary>Told on before, whatever hops it had then: who heard it needs to hear only of the shorter way.</summary>
    public bool WasRelayed { get; init; }

    /// <summary>Roughly what it takes in memory.</summary>
    public long Bytes => SizeOf(Part);

    public static long SizeOf(SignedAdvertPart part) => Overhead + part.Signed.Length + ((long)part.Intents.Length * IntentSize);

    public bool IsSameContent(SignedAdvertPart other) => Part.Signed.Span.SequenceEqual(other.Signed.Span);

    /// <summary>Of two contents under one sequence one wins, the same one everywhere.</summary>
    public bool WinsOver(SignedAdvertPart other) => Bytes32.Sha256(Part.Signed.Span) < Bytes32.Sha256(other.Signed.Span);
}
