namespace Eddy.Tests.Kills;

/// <summary>Who is killed in a ring of four.</summary>
public enum VictimRole
{
    Initiator = 0,

    /// <summary>The second of the three members.</summary>
    Member = 2,
}

/// <summary>When a daemon is killed with SIGKILL.</summary>
/// <param name="Role">Its part in the ring.</param>
/// <param name="Point">
/// A failpoint of Eddy.Failpoints (<c>before:commit:initiator.paying</c>); <c>lnd:METHOD</c> for the moment at which LND takes the call up;
/// <c>after:MILLISECONDS</c> from the proposal on.
/// </param>
/// <param name="Again">A second failpoint, armed when it is started again; it need not be met.</param>
/// <param name="Restart">Killed once more so long after it was started again.</param>
public sealed record Kill(VictimRole Role, string Point, string? Again = null, TimeSpan? Restart = null)
{
    private const string LndPrefix = "lnd:";
    private const string TimePrefix = "after:";

    public string? LndMethod => Point.StartsWith(LndPrefix, StringComparison.Ordinal) ? Point[LndPrefix.Length..] : null;

    public TimeSpan? Delay =>
        Point.StartsWith(TimePrefix, StringComparison.Ordinal) && int.TryParse(Point.AsSpan(TimePrefix.Length), out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    /// <summary>Null where no failpoint is meant.</summary>
    public string? Failpoint => LndMethod is null && Delay is null ? Point : null;

    public override string ToString() => $"{Role.ToString().ToLowerInvariant()} {Point}{(Again is null ? "" : $", then {Again}")}{(Restart is null ? "" : " and while it starts")}";

    /// <summary>Every step of a ring, from both sides.</summary>
    public static IReadOnlyList<Kill> Everywhere { get; } =
    [
        .. BothSides(
            VictimRole.Initiator,
            "commit:initiator.signing",
            "command:sign.offer",
            "commit:initiator.walking",
            "message:proposal",
            "commit:initiator.invoicing",
            "command:addinvoice",
            "commit:initiator.paying",
            "command:sendtoroute",
            "commit:initiator.paying#2",
            "command:lookupinvoice",
            "commit:initiator.settled",
            "message:done",
            "command:refresh"),
        .. new[] { "SignMessage", "SendCustomMessage", "AddInvoice", "SendToRouteV2", "LookupInvoice" }
            .Select(static method => new Kill(VictimRole.Initiator, LndPrefix + method)),
        .. Recoveries(
            VictimRole.Initiator,
            "after:commit:initiator.paying",
            "command:trackpayment",
            "commit:initiator.paying",
            "commit:initiator.paying#2",
            "command:lookupinvoice",
            "command:sendtoroute",
            "commit:initiator.settled"),
        .. Recoveries(VictimRole.Initiator, "before:command:addinvoice", "commit:initiator.cancelled", "command:cancelinvoice", "message:done"),
        .. BothSides(
            VictimRole.Member,
            "commit:member.signing",
            "command:sign.terms",
            "commit:member.accepted",
            "message:proposal",
            "binding",
            "commit:member.bound",
            "commit:member.settled",
            "message:done",
            "command:refresh"),
        .. new[] { "SignMessage", "SendCustomMessage" }.Select(static method => new Kill(VictimRole.Member, LndPrefix + method)),
        .. Recoveries(VictimRole.Member, "before:commit:member.bound", "commit:member.bound", "command:lookupcircuits", "commit:member.settled"),
        .. Recoveries(VictimRole.Member, "after:commit:member.accepted", "message:proposal", "binding", "commit:member.bound"),
        .. Recoveries(VictimRole.Member, "after:command:sign.terms", "commit:member.released", "message:reject"),
    ];

    private static IEnumerable<Kill> BothSides(VictimRole role, params string[] steps) =>
        steps.SelectMany(step => new[] { new Kill(role, $"before:{step}"), new Kill(role, $"after:{step}") });

    private static IEnumerable<Kill> Recoveries(VictimRole role, string first, params string[] steps) =>
        steps.SelectMany(step => new[] { new Kill(role, first, $"before:{step}"), new Kill(role, first, $"after:{step}") });
}
