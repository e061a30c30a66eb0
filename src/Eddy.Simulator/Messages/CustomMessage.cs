using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A custom message as it arrived from a connected peer.</summary>
public sealed record CustomMessage(NodeId Peer, ushort Type, ImmutableArray<byte> Data);
