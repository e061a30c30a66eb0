using System.Text.Json;
using Eddy.Api;
using Eddy.Configuration;
using Eddy.Lightning;
using Eddy.Lnd.Access;

namespace Eddy.Fuzzing.Targets;

/// <summary>Everything short that is read as text. The first character says as what.</summary>
internal sealed class TextTarget : FuzzTarget
{
    private static readonly string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";

    public override string Name => "text";

    public override string What => "ids, amounts of time, addresses, versions, signatures in z-base-32, the API's token and requests: what is read is written the same";

    public override int MaxLength => 512;

    public override AllocationBound Bound => new(64_000, 4_096);

    public override IReadOnlyList<byte[]> Dictionary => Words.Of(
        "870127x1237x1", "x", ":", Samples.Self.ToString(), Samples.Chain.ToString(), "0.20.3-beta commit=v0.20.3", "v", "[::1]:10009", "https://", "30s", "ms", "Bearer ", "{\"dry_run\":true}",
        "18446744073709551615", "16777216", "\0", "é", "%", "@", "#", "?");

    public override IEnumerable<byte[]> Seeds() =>
    [
        Words.Bytes("s870127x1237x1"), Words.Bytes("s956714754222981121"), Words.Bytes($"n{Samples.Self}"), Words.Bytes($"b{Samples.Chain}"), Words.Bytes("v0.20.3-beta commit=v0.20.3-beta"),
        Words.Bytes("a127.0.0.1:10009"), Words.Bytes("a[::1]:10009"), Words.Bytes("d30s"), Words.Bytes($"z{NodeSignature.Encode(Samples.Signature([1]))}"), Words.Bytes("tBearer 00"),
        Words.Bytes("p{\"dry_run\":true}"),
    ];

    public override int Execute(byte[] input)
    {
        if (input.Length == 0)
        {
            return 0;
        }

        var text = Words.Text(input[1..]);
        var isRead = (char)input[0] switch
        {
            's' => ReadScid(text),
            'n' => NodeId.TryParse(text, out var node) && Is(node.ToString().Equals(text, StringComparison.OrdinalIgnoreCase), "A node id changed."),
            'b' => Bytes32.TryParse(text, out var bytes) && Is(bytes.ToString().Equals(text, StringComparison.OrdinalIgnoreCase), "A hash changed."),
            'v' => LndVersion.TryParse(text, out var version) && Is(LndVersion.TryParse(version.ToString(), out var again) && again == version, "A version changed."),
            'a' => ReadAddress(text),
            'd' => ReadDuration(text),
            'z' => ReadSignature(text),
            't' => ReadToken(text),
            'p' => ReadRequest(input[1..]),
            _ => false,
        };
        return (input[0] * 2) + (isRead ? 1 : 0);
    }

    private static bool Is(bool holds, string otherwise)
    {
        Check.That(holds, otherwise);
        return true;
    }

    private static bool ReadScid(string text) =>
        ShortChannelId.TryParse(text, out var scid)
        && Is(ShortChannelId.TryParse(scid.ToString(), out var again) && again == scid, "A short channel id changed.");

    private static bool ReadAddress(string text)
    {
        try
        {
            var address = LndAddress.Parse(text);
            return Is(address is { Scheme: "https", Port: > 0, AbsolutePath: "/" } && address.Host.Length > 0, $"'{text}' is an address: {address}");
        }
        catch (LndProblemException)
        {
            return false;
        }
    }

    private static bool ReadDuration(string text) =>
        ConfigReaders.TryDuration(text, out var duration) && Is(duration >= TimeSpan.Zero && ConfigReaders.TryDuration(ConfigReaders.Show(duration), out var again) && again == duration, "A duration changed.");

    private static bool ReadSignature(string text)
    {
        Span<byte> signature = stackalloc byte[NodeSignature.Size];
        var isRead = NodeSignature.TryDecode(text, signature);
        var isSame = Simulator.ZBase32.TryDecode(text, out var bytes);
        Check.That(!isRead || (isSame && text.All(Alphabet.Contains)), "Foreign characters in a signature.");
        return isRead && Is(NodeSignature.Encode(signature) == text && bytes.AsSpan().SequenceEqual(signature), "A signature changed.");
    }

    /// <summary>Whatever is sent for a token: only the token opens.</summary>
    private static bool ReadToken(string text)
    {
        var isIn = AccessToken.FromText(Samples.Chain.ToString()).IsIn(text);
        Check.That(!isIn || text["Bearer ".Length..].Trim() == Samples.Chain.ToString(), "The door opened.");
        return isIn;
    }

    private static bool ReadRequest(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ApiJson.Default.ProposeRequest)?.DryRun ?? false;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
