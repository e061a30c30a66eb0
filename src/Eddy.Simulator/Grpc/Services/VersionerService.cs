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

    /// <summary>Forty digits in the place of the release's own hash.</summary>
    internal static string CommitHashOf(LndVersion version) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(CommitOf(version))))[..40];
}
