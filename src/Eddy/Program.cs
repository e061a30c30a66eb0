using Eddy.CommandLine;

return await new EddyCommands(Terminal.OfProcess()).RunAsync(args);
