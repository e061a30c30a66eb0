using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's two spellings of failure codes.</summary>
public static class FailureNames
{
    /// <summary>As the enum of the API: <c>FEE_INSUFFICIENT</c>.</summary>
    public static string Of(FailureCode code)
    {
        if (!Enum.IsDefined(code))
        {
            return ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var name = new StringBuilder();
        foreach (var letter in code.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }

    /// <summary>As Go prints the wire message: <c>FeeInsufficient</c>.</summary>
    public static string WireText(FailureCode code) => code.ToString();
}
