namespace Eddy.Lnd.Interception;

/// <summary>
/// Told how the loop that reads the interceptor's stream is. LND's switch stands still while that loop does not read, and nothing
/// inside a frozen process can change that: whoever watches has to be able to end the process from outside.
/// </summary>
public interface IInterceptorWatch
{
    /// <summary>How often the loop shows itself while a stream is open, whether or not there is anything to read.</summary>
    TimeSpan Interval { get; }

    /// <summary>A stream is about to be opened: from now on HTLCs can wait for us.</summary>
    void Opened();

    /// <summary>Called by the reading loop itself and by nothing else, so that it is called only while that loop comes round.</summary>
    void Alive();

    /// <summary>Nobody reads any more because the stream has ended: nothing of LND's can wait for us.</summary>
    void Closed();
}
