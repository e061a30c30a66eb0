namespace Eddy.Fuzzing.Targets;

/// <summary>
/// A fault put there on purpose, behind comparisons that chance alone would not get through: whether coverage leads the way. Not among all
/// targets; its name has to be given.
/// </summary>
internal sealed class PlantedFaultTarget : FuzzTarget
{
    public override string Name => "planted-fault";

    public override string What => "a fault on purpose, behind four bytes in a row: found only where coverage leads the way";

    public override int MaxLength => 64;

    public override IEnumerable<byte[]> Seeds() => [new byte[16]];

    public override int Execute(byte[] input)
    {
        if (input.Length > 8 && input[3] == 0xED)
        {
            if (input[5] == 0xD1)
            {
                if (input[2] == input[7] + 9)
                {
                    if (input[8] == 0x5A)
                    {
                        throw new InvalidOperationException("The planted fault.");
                    }
                }
            }
        }

        return 0;
    }
}
