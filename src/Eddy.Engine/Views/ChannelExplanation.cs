using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Engine.Views;

/// <summary>Why nothing happens on a channel, the weightiest reason first.</summary>
public sealed record ChannelExplanation(ShortChannelId Channel, NodeId Peer, ImmutableArray<ChannelReason> Reasons);

/// <param name="Code">A stable word for scripts, e.g. <c>no-eddy-peer</c>.</param>
/// <param name="What">One plain sentence.</param>
/// <param name="Advice">What the operator can do; empty where there is nothing to be done.</param>
public sealed record ChannelReason(string Code, string What, string Advice);
