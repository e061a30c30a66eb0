namespace Eddy.Engine.Ports;

/// <summary>Where preimages, ring ids and hop secrets come from: the operating system's generator in the daemon, a seeded one in simulation.</summary>
public interface IEntropy
{
    void Fill(Span<byte> destination);
}
