using Eddy.CommandLine;
using Eddy.Hosting;
using Eddy.Lnd;
using Eddy.Lnd.Access;

namespace Eddy.Setup;

/// <summary>Sees to it that there is a macaroon with the rights that eddy needs.</summary>
internal sealed class SetupMacaroon(Questions questions, Terminal terminal, SetupFiles files)
{
    /// <param name="lnd">With the macaroon's place.</param>
    /// <param name="admin">LND's admin macaroon: read only with a yes, for one call.</param>
    /// <param name="lndDirectory">For the line that is printed instead.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the operator is to bake it.</returns>
    /// <exception cref="CommandException">LND refuses, or is not the right one.</exception>
    public async Task<bool> EnsureAsync(LndOptions lnd, string admin, string lndDirectory, CancellationToken cancellationToken)
    {
        var probe = await LndProbe.RunAsync(lnd, cancellationToken);
        if (probe.IsGood)
        {
            terminal.WriteLine($"The macaroon {lnd.MacaroonPath} has the rights that eddy needs.");
            return true;
        }

        var problem = probe.Problems[0];
        switch (problem.Kind)
        {
            case LndProblemKind.MacaroonMissing:
                break;
            case LndProblemKind.MacaroonUnreadable or LndProblemKind.MacaroonRefused or LndProblemKind.MissingRights:
                terminal.WriteLine(problem.Message);
                break;
            default:
                throw new CommandException(problem.ExitCode, problem.ToString());
        }

        var path = MacaroonAdvice.SavePath(lnd.MacaroonPath);
        if (path != lnd.MacaroonPath)
        {
            throw new CommandException(ExitCode.Usage, $"{lnd.MacaroonPath} is one of LND's own, and is never written to: set lnd.macaroon to {path}");
        }

        terminal.WriteLine("eddy's macaroon, with the least rights, is baked by:");
        terminal.WriteText($"  {MacaroonRights.BakeCommand(path, lnd.Network, lndDirectory, lnd.Host)}\n");
        if (!questions.Confirm($"Have LND bake it now? {admin} is read for this one call and not kept.", proposed: true))
        {
            return false;
        }

        var (macaroon, refused) = await MacaroonBaker.BakeAsync(lnd with { MacaroonPath = admin }, cancellationToken);
        files.WriteMacaroon(path, macaroon ?? throw new CommandException(refused!.ExitCode, refused.ToString()));
        var after = await LndProbe.RunAsync(lnd, cancellationToken);
        return after.IsGood ? true : throw new CommandException(after.ExitCode, after.Problems[0].ToString());
    }
}
