namespace Eddy.Gossip;

/// <summary>Bounds of an <see cref="AdvertBook"/>. The constants are the protocol's, the properties this node's own.</summary>
public sealed record AdvertBookOptions
{
    /// <summary>An advert is split into numbered parts, so that a change sends only the part it is in.</summary>
    public const int MaxParts = 512;

    public const int MaxIntentsPerPart = 1000;

    /// <summary>Bytes of one signed part.</summary>
    public const int MaxPartSize = 60 * 1024;

    /// <summary>A week. That a node is gone its peers tell, by naming it no more; the end of its time only tidies up.</summary>
    public const int MaxTtlSeconds = 7 * 86_400;

    /// <summary>Half the longest ring: nobody's radius is larger.</summary>
    public const int LargestRadius = 6;

    /// <summary>How far a sequence, read as unix milliseconds, may be ahead of our clock.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(5);

    /// <summary>How long after the end of its time, by its sequence, an advert may still arrive. Without it adverts would go round for ever.</summary>
    public static readonly TimeSpan MaxBehind = TimeSpan.FromMinutes(10);

    /// <summary>Adverts are stored up to this many hops and relayed below it.</summary>
    public int Radius { get; init; } = RadiusFor(6);

    public int MaxOrigins { get; init; } = 10_000;

    /// <summary>Of the origins, how many may have come over one direct peer.</summary>
    public int MaxOriginsPerFirstHop { get; init; } = 2_500;

    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    public long MaxBytesPerFirstHop { get; init; } = 16 * 1024 * 1024;

    /// <summary>Parts from one direct peer that wait until a known node names their origin.</summary>
    public int MaxWaitingPerFirstHop { get; init; } = 1_024;

    public long MaxWaitingBytesPerFirstHop { get; init; } = 4 * 1024 * 1024;

    /// <summary>Parts a peer may send.</summary>
    public TokenRate PartRate { get; init; } = new(10_000, 100);

    /// <summary>Signatures checked for a peer: most parts are known by the time they come.</summary>
    public TokenRate VerifyRate { get; init; } = new(4_000, 30);

    /// <summary>Signatures checked for all peers together: less than a fifth of a core, at some 0.7 to 1 ms each.</summary>
    public TokenRate TotalVerifyRate { get; init; } = new(8_000, 150);

    /// <summary>Of these each peer has so much for itself, whatever the others take.</summary>
    public TokenRate OwnVerifyRate { get; init; } = new(100, 2);

    /// <summary>Adverts of one peer that take an end from a pair that counted: who still hangs together with us then has to be found out anew.</summary>
    public TokenRate Parting { get; init; } = new(100, 0.5);

    /// <summary>The same for all peers together.</summary>
    public TokenRate TotalParting { get; init; } = new(200, 2);

    /// <summary>New sequences of one origin of one part; more parts may change more often.</summary>
    public TokenRate OriginRate { get; init; } = new(10, 0.1);

    /// <summary>Parts sent to one peer because it asked for them.</summary>
    public TokenRate AnswerRate { get; init; } = new(20_000, 20);

    /// <summary>Radius r shows every ring of up to 2r + 1 hops.</summary>
    public static int RadiusFor(int maxLength) => maxLength / 2;
}
