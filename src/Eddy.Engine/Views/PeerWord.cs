using Eddy.Lightning;

namespace Eddy.Engine.Views;

/// <summary>What the owner says of a node.</summary>
public enum PeerWord
{
    /// <summary>Rings with it are welcome, whatever the configuration says.</summary>
    Allow = 0,

    /// <summary>No ring with it, and its adverts are not kept.</summary>
    Deny = 1,

    /// <summary>Nothing that it sends is looked at.</summary>
    Mute = 2,

    /// <summary>It is listened to again.</summary>
    Unmute = 3,

    /// <summary>What was said of it, and what is held against it, is forgotten.</summary>
    Forget = 4,
}

/// <summary>A word of the owner's that holds now.</summary>
public sealed record PeerWordView(NodeId Node, PeerWord Word, DateTimeOffset Until)
{
    /// <summary>Until it is taken back.</summary>
    public static readonly DateTimeOffset ForGood = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public bool IsForGood => Until >= ForGood;
}
