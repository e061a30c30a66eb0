using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Engine.Views;

/// <summary>Why nothing happens, the weightiest reason first.</summary>
/// <param name="Channel">Null where it is not about one channel.</param>
/// <param name="Peer">Null where it is about the node as a whole.</param>
public sealed record Explanation(ShortChannelId? Channel, NodeId? Peer, ImmutableArray<WhyReason> Reasons);

/// <param name="Code">A stable word for scripts, e.g. <c>no-eddy-peer</c>.</param>
/// <param name="What">One plain sentence.</param>
/// <param name="Advice">What the operator can do; empty where there is nothing to be done.</param>
public sealed record WhyReason(string Code, string What, string Advice);
