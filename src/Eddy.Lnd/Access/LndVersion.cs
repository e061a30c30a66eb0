using System.Globalization;

namespace Eddy.Lnd.Access;

/// <summary>A version of LND and what differs with it. Versions newer than we know count as 0.21.2.</summary>
public readonly record struct LndVersion(uint Major, uint Minor, uint Patch) : IComparable<LndVersion>
{
    /// <summary>The first version whose interceptor can waive a fee (RESUME_MODIFIED).</summary>
    public static readonly LndVersion Oldest = new(0, 18, 4);

    private static readonly LndVersion FirstWithHtlcIds = new(0, 19, 0);
    private static readonly LndVersion FirstWithHistoryFilter = new(0, 20, 0);
    private static readonly LndVersion FirstWithLongerCltv = new(0, 21, 0);

    public bool IsSupported => CompareTo(Oldest) >= 0;

    /// <summary>The least final CLTV delta AddInvoice takes.</summary>
    public uint MinFinalCltv => CompareTo(FirstWithLongerCltv) >= 0 ? 24u : 18u;

    /// <summary>ForwardingHistory names the HTLCs of a forward.</summary>
    public bool HasForwardingHtlcIds => CompareTo(FirstWithHtlcIds) >= 0;

    /// <summary>ForwardingHistory can be asked for some channels only.</summary>
    public bool HasHistoryFilter => CompareTo(FirstWithHistoryFilter) >= 0;

    /// <summary>Reads GetInfo's <c>0.20.3-beta commit=v0.20.3-beta</c> or <c>v0.20.3</c>.</summary>
    public static bool TryParse(string? text, out LndVersion version)
    {
        version = default;
        var numbers = (text ?? "").TrimStart('v').Split('-', '+', ' ')[0].Split('.');
        if (numbers.Length != 3
            || !uint.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !uint.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            || !uint.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out var patch))
        {
            return false;
        }

        version = new(major, minor, patch);
        return true;
    }

    public int CompareTo(LndVersion other)
    {
        var order = Major.CompareTo(other.Major);
        if (order == 0)
        {
            order = Minor.CompareTo(other.Minor);
        }

        return order == 0 ? Patch.CompareTo(other.Patch) : order;
    }

    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}
