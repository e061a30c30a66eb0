using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>The genesis blocks' hashes in wire order, by LND's names of the chains.</summary>
internal static class GenesisBlocks
{
    /// <summary>A name nobody knows gets a hash of its own that no chain has.</summary>
    public static Bytes32 Of(string chain)
    {
        // As block explorers show them.
        var display = chain switch
        {
            "mainnet" => "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
            "testnet" => "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
            "testnet4" => "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
            "signet" => "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
            "regtest" => "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
            "simnet" => "683e86bd5c6d110d91b94b97137ba6bfe02dbbdb8e3dff722a669b5d69d77af6",
            _ => null,
        };
        if (display is null)
        {
            return Bytes32.Sha256(System.Text.Encoding.UTF8.GetBytes($"chain of {chain}"));
        }

        var bytes = Convert.FromHexString(display);
        Array.Reverse(bytes);
        return new(bytes);
    }
}
