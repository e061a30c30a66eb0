namespace Eddy.Simulator.Tests.Network;

public sealed class CustomMessageTests
{
    [Theory]
    [InlineData(0u, "msg type: 0 not in custom range: <unknown> and not overridden")]
    [InlineData(513u, "msg type: 513 not in custom range: <unknown> and not overridden")]
    [InlineData(32_767u, "msg type: 32767 not in custom range: <unknown> and not overridden")]
    [InlineData(65_536u, "msg type: 0 not in custom range: <unknown> and not overridden")]
    public void Types_below_the_custom_range_are_refused(uint type, string error)
    {
        var ring = new RingFixture();

        Assert.Equal(RpcError.Plain(error), Send(ring.A, ring.B.Id.ToArray(), type, 1).Error);
    }

    [Theory]
    [InlineData(32_768u, 32_768)]
    [InlineData(60_881u, 60_881)]
    [InlineData(65_535u, 65_535)]
    [InlineData(98_305u, 32_769)]
    public void Types_are_cut_to_sixteen_bits(uint type, int arrives)
    {
        var ring = new RingFixture();
        var received = Receive(ring.B);

        Assert.Equal("message sent successfully", Send(ring.A, ring.B.Id.ToArray(), type, 1).Value);
        ring.Network.RunUntilIdle();

        Assert.Equal((ring.A.Id, (ushort)arrives, 1), (received.Single().Peer, received.Single().Type, received.Single().Data.Length));
    }

    [Fact]
    public void Peers_that_are_not_connected_are_not_found()
    {
        var ring = new RingFixture();
        var notConnected = RpcError.NotFound("peer is not connected");

        Assert.Equal(notConnected, Send(ring.B, ring.D.Id.ToArray(), 32_769, 1).Error);
        Assert.Equal(notConnected, Send(ring.A, ring.A.Id.ToArray(), 32_769, 1).Error);
        Assert.Equal(notConnected, Send(ring.A, NodeKey.Derive(5, "nobody").Id.ToArray(), 1, 1).Error);
        Assert.Equal(RpcError.Plain("invalid vertex length of 5, want 33"), Send(ring.A, new byte[5], 32_769, 1).Error);
        Assert.Equal(RpcError.Plain("invalid vertex length of 0, want 33"), Send(ring.A, [], 32_769, 1).Error);
    }

    [Fact]
    public void The_largest_message_arrives_and_one_byte_more_drops_the_peer()
    {
        var ring = new RingFixture();
        var received = Receive(ring.B);
        Assert.True(Send(ring.A, ring.B.Id.ToArray(), 32_769, 65_533).IsOk);
        ring.Network.RunUntilIdle();
        Assert.Equal(65_533, received.Single().Data.Length);

        var error = Send(ring.A, ring.B.Id.ToArray(), 32_769, 65_534).Error;

        Assert.Equal("message payload is too large - encoded 65534 bytes, but maximum message payload is 65533 bytes", error!.Message);
        Assert.False(ring.A.IsConnectedTo(ring.B.Id));
        Assert.False(ring.Channels[0].Opener.IsActive);
        Assert.Equal(RpcCode.NotFound, Send(ring.A, ring.B.Id.ToArray(), 32_769, 65_535).Error!.Code);
    }

    [Fact]
    public void Messages_arrive_in_order_and_every_subscriber_gets_all_of_them()
    {
        var ring = new RingFixture();
        var (first, second) = (Receive(ring.B), Receive(ring.B));
        for (var i = 0; i < 100; i++)
        {
            ring.Network.LinkBetween(ring.A, ring.B).Latency = TimeSpan.FromMilliseconds(100 - i);
            Send(ring.A, ring.B.Id.ToArray(), 32_769, i);
        }

        ring.Network.RunUntilIdle();

        Assert.Equal(Enumerable.Range(0, 100), first.Select(message => message.Data.Length));
        Assert.Equal(first, second);
    }

    [Fact]
    public void A_message_without_subscriber_is_gone_and_so_is_one_under_way_when_the_connection_drops()
    {
        var ring = new RingFixture();
        Assert.True(Send(ring.A, ring.B.Id.ToArray(), 32_769, 1).IsOk);
        ring.Network.RunUntilIdle();
        var received = Receive(ring.B);
        Assert.True(Send(ring.A, ring.B.Id.ToArray(), 32_769, 2).IsOk);
        ring.Network.LinkBetween(ring.A, ring.B).Disconnect();
        ring.Network.RunUntilIdle();
        Assert.Empty(received);

        Assert.True(Send(ring.A, ring.B.Id.ToArray(), 32_769, 3).IsOk);
        ring.Network.RunUntilIdle();
        Assert.Equal(3, received.Single().Data.Length);
    }

    [Fact]
    public void Faults_of_a_link_drop_duplicate_and_delay_in_one_direction()
    {
        var ring = new RingFixture();
        var (atB, atA) = (Receive(ring.B), Receive(ring.A));
        var faults = ring.Network.LinkBetween(ring.A, ring.B).FaultsFrom(ring.A);

        faults.DropProbability = 1;
        SendBoth();
        Assert.Equal((0, 1), (atB.Count, atA.Count));

        (faults.DropProbability, faults.DuplicateProbability) = (0, 1);
        SendBoth();
        Assert.Equal((2, 2), (atB.Count, atA.Count));

        (faults.DuplicateProbability, faults.Delay) = (0, TimeSpan.FromSeconds(5));
        var start = ring.Network.Now;
        SendBoth();
        Assert.Equal((3, 3), (atB.Count, atA.Count));
        Assert.Equal(TimeSpan.FromSeconds(5.01), ring.Network.Now - start);

        void SendBoth()
        {
            Assert.True(Send(ring.A, ring.B.Id.ToArray(), 32_769, 1).IsOk);
            Assert.True(Send(ring.B, ring.A.Id.ToArray(), 32_769, 1).IsOk);
            ring.Network.RunUntilIdle();
        }
    }

    [Fact]
    public void Before_0_19_there_is_no_status_text() =>
        Assert.Equal("", Send(new RingFixture(version: LndVersion.V0185) is var ring ? ring.A : null!, ring.B.Id.ToArray(), 32_769, 1).Value);

    private static RpcResult<string> Send(SimulatedNode from, byte[] peer, uint type, int size) =>
        from.SendCustomMessage(peer, type, [.. new byte[size]]);

    private static List<CustomMessage> Receive(SimulatedNode node)
    {
        var received = new List<CustomMessage>();
        node.CustomMessages.Subscribe(received.Add);
        return received;
    }
}
