using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>What AddInvoice takes, and LND's texts for what it does not.</summary>
internal static class InvoiceLimits
{
    public const long DefaultExpirySeconds = 86_400;
    public const ulong DefaultCltvExpiry = 80;

    private const int MaxMemoBytes = 1_024;
    private const long MaxExpirySeconds = 365 * 24 * 60 * 60;
    private const ulong MaxCltvExpiry = ushort.MaxValue;
    private const long MaxValueMsat = 100_000L * 100_000_000 * MilliSatoshi.PerSatoshi;

    public static RpcError? Check(InvoiceRequest request, LndVersion version)
    {
        var memo = Encoding.UTF8.GetByteCount(request.Memo);
        if (memo > MaxMemoBytes)
        {
            return RpcError.Plain($"memo too large: {memo} bytes (maxsize={MaxMemoBytes})");
        }

        if (request.DescriptionHash.Length is not (0 or Bytes32.Size))
        {
            return RpcError.Plain($"description hash is {request.DescriptionHash.Length} bytes, must be {Bytes32.Size}");
        }

        if (request.Value < MilliSatoshi.Zero)
        {
            return RpcError.Plain($"payments of negative value are not allowed, value is {request.Value.Value} mSAT");
        }

        if (request.Value.Value > MaxValueMsat)
        {
            return RpcError.Plain($"invoice amount {request.Value.Value} mSAT is too large, max is {MaxValueMsat} mSAT");
        }

        if (request.ExpirySeconds is < 0 or > MaxExpirySeconds)
        {
            return RpcError.Plain($"expiry of {request.ExpirySeconds} seconds greater than max expiry of {MaxExpirySeconds} seconds");
        }

        if (request.CltvExpiry == 0)
        {
            return null;
        }

        if (request.CltvExpiry > MaxCltvExpiry)
        {
            return RpcError.Plain($"CLTV delta of {request.CltvExpiry} is too large, max accepted is: {MaxCltvExpiry}");
        }

        return request.CltvExpiry < version.MinCltvDelta
            ? RpcError.Plain($"CLTV delta of {request.CltvExpiry} must be greater than minimum of {version.MinCltvDelta}")
            : null;
    }
}
