namespace Eddy.Fuzzing.Targets;

/// <summary>Every target by name.</summary>
internal static class AllTargets
{
    public const string All = "all";

    /// <summary>New ones: a target belongs to one thread at a time.</summary>
    public static IReadOnlyList<FuzzTarget> Create() =>
    [
        new EnvelopeTarget(), new OfferTarget(), new AdvertsTarget(), new EngineTarget(), new HtlcTarget(), new LndChannelTarget(), new MacaroonTarget(), new CertificateTarget(),
        new ConfigTarget(), new GraphTarget(), new GraphGzipTarget(), new BalancesTarget(), new StoredRingTarget(), new StoredOutboxTarget(), new GrpcFrameTarget(), new GrpcHeaderTarget(), new TextTarget(),
        new SignatureTarget(), new PaymentRequestTarget(),
    ];

    /// <param name="names">With commas between, or <see cref="All"/>.</param>
    /// <exception cref="FormatException">There is no such target.</exception>
    public static IReadOnlyList<FuzzTarget> Find(string names)
    {
        if (names == All)
        {
            return Create();
        }

        FuzzTarget[] known = [.. Create(), new PlantedFaultTarget()];
        return [.. names.Split(',').Select(name =>
            known.FirstOrDefault(target => target.Name == name)
            ?? throw new FormatException($"There is no target '{name}': {string.Join(", ", known.Select(static target => target.Name))}."))];
    }
}
