using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Verrpc = Eddy.Protos.Verrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>verrpc: what runs here.</summary>
internal sealed class VersionerService(NodeAccess access) : Verrpc.Versioner.VersionerBase
{
    private static readonly string[] BuildTags =
        ["autopilotrpc", "signrpc", "walletrpc", "chainrpc", "invoicesrpc", "watchtowerrpc", "neutrinorpc", "monitoring", "peersrpc"];

    public override Task<Verrpc.Version> GetVersion(Verrpc.VersionRequest request, ServerCallContext context)
    {
        var version = access.Version;
        var answer = new Verrpc.Version
        {
            Commit = CommitOf(version),
            CommitHash = CommitHashOf(version),
            Version_ = version.ToString(),
            AppMajor = 0,
            AppMinor = version.Minor,
            AppPatch = version.Patch,
            AppPreRelease = "beta",
            GoVersion = "go1.24.6",
        };
        answer.BuildTags.AddRange(BuildTags);
        return Task.FromResult(answer);
    }

    internal static string CommitOf(LndVersion version) => $"v{version}";

    /// <summary>The release's commit, by which clients tell versions; made up for versions that are not listed here.</summary>
    internal static string CommitHashOf(LndVersion version) => version.ToString() switch
    {
        "0.18.5-beta" => "4ccf4fc24c750d098cf24566ef4bbc0311c7d476",
        "0.19.3-beta" => "2fb725e0e257cc85e8d1e213ac9a3ba3e96a640c",
        "0.20.3-beta" => "05407c84eed9035452c73f4f025efa9f4041ae96",
        "0.21.2-beta" => "29257ecc8892af0c882fa627b66a556190c84fd9",
        var other => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(other)))[..40],
    };
}
