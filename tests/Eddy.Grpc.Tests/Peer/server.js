// The echo service in grpc-js: node server.js [certificate.pem key.pem]
'use strict';

const fs = require('fs');
const { grpc, Echo, options, pattern, say, told, onCommand } = require('./behaviour');

let written = 0;
onCommand((line) => line === 'written' && (say('written', written), true));

const reply = (request, number) => ({
  text: request.text,
  payload: request.reply_size > 0 ? pattern(request.reply_size) : request.payload,
  number,
});

const copy = (call, prefix) => {
  const metadata = new grpc.Metadata();
  for (const key of Object.keys(call.metadata.getMap()).filter((name) => name.startsWith(prefix))) {
    call.metadata.get(key).forEach((value) => metadata.add(key, value));
  }
  return metadata;
};

const failure = (request) => {
  const metadata = new grpc.Metadata();
  metadata.set('reason', 'asked');
  metadata.set('proof-bin', Buffer.from([0, 1, 255]));
  return { code: request.code, details: request.text, metadata };
};

// Writes one after another, each when the one before has left for the transport.
const write = (call, message) => new Promise((resolve) => (call.write(message) ? setImmediate(resolve) : call.once('drain', resolve)));

const behave = (call, request) => {
  switch (request.behaviour) {
    case 'fail': throw failure(request);
    case 'hang':
      say('hanging');
      return new Promise(() => {});
    case 'stall':
      say('stalling');
      return told('go');
    case 'die': return process.kill(process.pid, 'SIGKILL');
    default: return undefined;
  }
};

const watch = (call) => call.on('cancelled', () => say('cancelled'));

const server = new grpc.Server(options);
server.addService(Echo.service, {
  async Unary(call, callback) {
    watch(call);
    try {
      await behave(call, call.request);
      if (call.request.behaviour === 'metadata') {
        call.sendMetadata(copy(call, 'head-'));
      }
      callback(null, reply(call.request, 0), copy(call, 'tail-'));
    } catch (error) {
      callback(error);
    }
  },
  async ServerStream(call) {
    watch(call);
    try {
      for (let number = 0; number < call.request.count && !call.cancelled; number++) {
        await write(call, reply(call.request, number));
        written = number + 1;
      }
      await behave(call, call.request);
      call.end();
    } catch (error) {
      call.emit('error', error);
    }
  },
  async ClientStream(call, callback) {
    watch(call);
    const texts = [];
    try {
      for await (const request of call) {
        texts.push(request.text);
        await behave(call, request);
      }
      callback(null, { text: texts.join(' '), number: texts.length });
    } catch (error) {
      callback(error);
    }
  },
  Duplex(call) {
    watch(call);
    let number = 0;
    let answered = Promise.resolve();
    const answer = async (request) => {
      await behave(call, request);
      await write(call, reply(request, number++));
      call.resume();
    };
    call.on('data', (request) => {
      call.pause();
      answered = answer(request).catch((error) => call.emit('error', error));
    });
    call.on('end', () => answered.then(() => call.end()));
  },
});

const [certificate, key] = process.argv.slice(2);
const credentials = certificate
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(certificate), private_key: fs.readFileSync(key) }])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) {
    throw error;
  }
  say('listening', port);
});
