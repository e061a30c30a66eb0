using Eddy.Hosting;
using Microsoft.Extensions.Logging;

namespace Eddy.Tests.Hosting;

public sealed class LineLoggerTests
{
    [Fact]
    public void Each_event_is_one_line_whatever_is_in_it()
    {
        using var output = new StringWriter();
        using var provider = new LineLoggerProvider(output, LogLevel.Information, TimeProvider.System);
        var logger = provider.CreateLogger("Eddy.Engine.EddyEngine");
        var cause = new InvalidOperationException("outer\nline", new IOException("inner"));

        logger.Log(LogLevel.Warning, 0, "peer said \u001b[31m\nboo", cause, static (state, _) => state);
        logger.Log(LogLevel.Critical, 0, "broken", cause, static (state, _) => state);
        logger.Log(LogLevel.Debug, 0, "unseen", null, static (state, _) => state);

        var lines = output.ToString().TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN  EddyEngine: peer said  \[31m boo: outer line \(inner\)$", lines[0]);
        Assert.Contains("FATAL EddyEngine: broken", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_cannot_be_written_ends_nothing()
    {
        using var output = new FullDisk();
        using var provider = new LineLoggerProvider(output, LogLevel.Information, TimeProvider.System);

        provider.CreateLogger("Eddy").Log(LogLevel.Warning, 0, "lost", null, static (state, _) => state);

        Assert.Equal(1, output.Tried);
    }

    private sealed class FullDisk : StringWriter
    {
        public int Tried { get; private set; }

        public override void WriteLine(string? value)
        {
            Tried++;
            throw new IOException("No space left on device");
        }
    }
}
