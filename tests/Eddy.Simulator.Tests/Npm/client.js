'use strict';

// Other people's client of LND's gRPC API at work on simulated nodes. Reads where they are from its arguments, prints what it saw as JSON.

const {once} = require('node:events');
const {readFileSync} = require('node:fs');

const [, , library, nodesJson] = process.argv;
const lightning = require(library);

const nodes = {};
for (const [name, {socket, cert, macaroon}] of Object.entries(JSON.parse(nodesJson))) {
  const {lnd} = lightning.authenticatedLndGrpc({
    socket,
    cert: readFileSync(cert).toString('base64'),
    macaroon: readFileSync(macaroon).toString('hex'),
  });
  nodes[name] = lnd;
}

const seen = {};

// Whatever hangs, what was seen until then says where.
setTimeout(() => {
  process.stderr.write(`time is up; seen until now: ${JSON.stringify(seen)}`);
  process.exit(1);
}, 120000).unref();

async function readings(lnd) {
  const wallet = await lightning.getWalletInfo({lnd});
  const {channels} = await lightning.getChannels({lnd});
  const {peers} = await lightning.getPeers({lnd});
  const graph = await lightning.getNetworkGraph({lnd});
  const version = await lightning.getWalletVersion({lnd});
  const {channel_balance: balance} = await lightning.getChannelBalance({lnd});
  const {channels: fees} = await lightning.getFeeRates({lnd});
  const edge = await lightning.getChannel({lnd, id: channels[0].id});
  const node = await lightning.getNode({lnd, public_key: channels[0].partner_public_key});

  seen.wallet = {version: wallet.version, chains: wallet.chains, active: wallet.active_channels_count};
  seen.version = version.version;
  seen.channels = channels.map(n => ({id: n.id, active: n.is_active, local: n.local_balance, partner: n.partner_public_key}));
  seen.balance = balance;
  seen.peers = peers.length;
  seen.graph = {nodes: graph.nodes.length, channels: graph.channels.length};
  seen.fee = fees[0].base_fee_mtokens;
  seen.edge = edge.policies.map(n => n.cltv_delta);
  seen.node = node.channel_count;
}

async function payments(a, b, c) {
  const {channels} = await lightning.getChannels({lnd: a});
  const {public_key: keyB} = await lightning.getIdentity({lnd: b});
  const outgoing = channels.find(n => n.partner_public_key === keyB).id;

  const forwards = lightning.subscribeToForwards({lnd: b});
  const events = [];
  forwards.on('forward', n => events.push({confirmed: n.is_confirmed, failed: n.is_failed, tokens: n.tokens, fee: n.fee_mtokens}));
  forwards.on('error', err => events.push({error: err}));
  // The subscription is live once the node has answered something that was asked later.
  await lightning.getIdentity({lnd: b});
  await new Promise(resolve => setTimeout(resolve, 200));

  const invoice = await lightning.createInvoice({lnd: c, tokens: 50000, description: 'coffee'});
  const decoded = await lightning.decodePaymentRequest({lnd: a, request: invoice.request});
  const paid = await lightning.payViaPaymentRequest({lnd: a, request: invoice.request, outgoing_channels: [outgoing], max_fee: 1000});
  const received = await lightning.getInvoice({lnd: c, id: invoice.id});

  while (!events.some(n => n.confirmed)) {
    await once(forwards, 'forward');
  }

  const history = await lightning.getForwards({lnd: b});
  const list = await lightning.getPayments({lnd: a});
  seen.decoded = {description: decoded.description, tokens: decoded.tokens, destination: decoded.destination};
  seen.paid = {fee: paid.fee_mtokens, hops: paid.hops.length, secret: paid.secret, confirmed: !!paid.confirmed_at};
  seen.received = {confirmed: received.is_confirmed, tokens: received.received, secret: received.secret};
  seen.forwards = events;
  seen.history = history.forwards.map(n => n.fee_mtokens);
  seen.payments = list.payments.map(n => n.is_confirmed);

  // A payment through an interceptor that lets it pass.
  const requests = lightning.subscribeToForwardRequests({lnd: b});
  requests.on('error', () => {});
  const accepted = [];
  requests.on('forward_request', n => {
    accepted.push({tokens: n.mtokens, fee: n.fee_mtokens});
    n.accept();
  });
  await new Promise(resolve => setTimeout(resolve, 500));
  const second = await lightning.createInvoice({lnd: c, tokens: 10000});
  await lightning.payViaPaymentRequest({lnd: a, request: second.request, outgoing_channels: [outgoing], max_fee: 1000});
  requests.removeAllListeners();
  forwards.removeAllListeners();
  seen.accepted = accepted;

  const none = await lightning.createInvoice({lnd: c, tokens: 50000});
  try {
    await lightning.payViaPaymentRequest({lnd: a, request: none.request, outgoing_channels: [outgoing], max_fee: 0});
  } catch (err) {
    seen.tooDear = err;
  }
}

async function peersAndMessages(a, b) {
  const {public_key: keyA} = await lightning.getIdentity({lnd: a});
  const {public_key: keyB} = await lightning.getIdentity({lnd: b});

  const messages = lightning.subscribeToPeerMessages({lnd: b});
  messages.on('error', () => {});
  const peers = lightning.subscribeToPeers({lnd: b});
  peers.on('error', () => {});
  await new Promise(resolve => setTimeout(resolve, 500));

  const arrival = once(messages, 'message_received');
  await lightning.sendMessageToPeer({lnd: a, message: Buffer.from('hello').toString('hex'), public_key: keyB, type: 60881});
  const [message] = await arrival;
  seen.message = {from: message.public_key === keyA, text: Buffer.from(message.message, 'hex').toString(), type: message.type};

  const gone = once(peers, 'disconnected');
  const back = once(peers, 'connected');
  await lightning.removePeer({lnd: a, public_key: keyB});
  seen.disconnected = (await gone)[0].public_key === keyA;
  seen.connected = (await back)[0].public_key === keyA;
  messages.removeAllListeners();
  peers.removeAllListeners();

  const {signature} = await lightning.signMessage({lnd: a, message: 'eddy'});
  const {signed_by: signedBy} = await lightning.verifyMessage({lnd: b, message: 'eddy', signature});
  seen.signed = signedBy === keyA;
}

async function macaroons(lnd) {
  const {macaroon} = await lightning.grantAccess({lnd, methods: ['getIdentity']});
  const allowed = await lightning.verifyAccess({lnd, macaroon, permissions: ['uri:/lnrpc.Lightning/GetInfo']});
  const denied = await lightning.verifyAccess({lnd, macaroon, permissions: ['offchain:write']});
  seen.macaroon = {allowed: allowed.is_valid, denied: denied.is_valid};
}

(async () => {
  await readings(nodes.A);
  await payments(nodes.A, nodes.B, nodes.C);
  await peersAndMessages(nodes.A, nodes.B);
  await macaroons(nodes.A);
  process.stdout.write(JSON.stringify(seen));
  process.exit(0);
})().catch(err => {
  process.stderr.write(`${JSON.stringify(err)} ${err.stack || ''}`);
  process.exit(1);
});
