namespace Eddy.Fuzzing.Targets;

/// <summary>Something that takes bytes from outside. Used by one thread at a time; an execution leaves nothing behind for the next.</summary>
internal abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>What is run and what must hold, in a line.</summary>
    public abstract string What { get; }

    /// <summary>Longer inputs are not made.</summary>
    public virtual int MaxLength => 4096;

    /// <summary>What one execution may allocate, what this target itself needs for its checks included.</summary>
    public virtual AllocationBound Bound => new(64_000, 64);

    /// <summary>The input is made of protobuf fields: those are mutated as such, too.</summary>
    public virtual bool IsProtobuf => false;

    /// <summary>How much of the time it gets: 2 is the usual.</summary>
    public virtual int Weight => 2;

    /// <summary>Words of the format.</summary>
    public virtual IReadOnlyList<byte[]> Dictionary => [];

    /// <summary>Valid inputs, made by the product's own encoders where it has one.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>
    /// Runs it. Any exception that comes out is a crash. The number tells outcomes apart, for whoever runs without instrumentation.
    /// </summary>
    /// <exception cref="OracleException">It did not crash, but did what it must not.</exception>
    public abstract int Execute(byte[] input);
}

/// <summary>Bytes that one execution may allocate on its thread: so many, and so many more for each byte of input.</summary>
internal readonly record struct AllocationBound(long Fixed, long PerByte)
{
    public long For(int length) => Fixed + (PerByte * length);

    public override string ToString() => FormattableString.Invariant($"{Fixed} + {PerByte} x length");
}

/// <summary>What must hold did not.</summary>
internal sealed class OracleException : Exception
{
    public OracleException()
    {
    }

    public OracleException(string message)
        : base(message)
    {
    }

    public OracleException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>States what must hold.</summary>
internal static class Check
{
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new OracleException(otherwise);
        }
    }

    public static void Same<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new OracleException($"{what}: {expected} became {actual}.");
        }
    }

    public static void SameBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (!expected.SequenceEqual(actual))
        {
            throw new OracleException($"{what}: {Convert.ToHexStringLower(expected)} became {Convert.ToHexStringLower(actual)}.");
        }
    }
}
