// A grpc-js client of the echo service: node client.js host:port scenario [certificate.pem]
'use strict';

const fs = require('fs');
const { grpc, Echo, options, pattern, say, told, onCommand } = require('./behaviour');

const [address, scenario, certificate] = process.argv.slice(2);
const credentials = certificate ? grpc.credentials.createSsl(fs.readFileSync(certificate)) : grpc.credentials.createInsecure();
const client = new Echo(address, credentials, options);

const unary = (request, metadata = new grpc.Metadata(), callOptions = {}) => new Promise((resolve) => {
  const seen = { headers: null, trailers: null };
  const call = client.Unary(request, metadata, callOptions, (error, reply) => setImmediate(() => resolve({ error, reply, ...seen })));
  call.on('metadata', (headers) => { seen.headers = headers; });
  call.on('status', (status) => { seen.trailers = status.metadata; });
});

// Resolves with the status of a stream; swallows the error event that says the same.
const ended = (call) => new Promise((resolve) => call.on('error', () => {}).on('status', resolve));
const write = (call, message) => new Promise((resolve) => (call.write(message) ? setImmediate(resolve) : call.once('drain', resolve)));
const hex = (metadata, key) => metadata.get(key).map((value) => Buffer.from(value).toString('hex'));

const scenarios = {
  async kinds() {
    const { reply } = await unary({ text: 'żółw 🐢' });

    const numbers = [];
    for await (const message of client.ServerStream({ count: 100 })) {
      numbers.push(message.number);
    }

    const joined = await new Promise((resolve) => {
      const call = client.ClientStream((error, answer) => resolve(answer));
      ['a', 'b', 'c'].forEach((text) => call.write({ text }));
      call.end();
    });

    const echoes = [];
    const duplex = client.Duplex();
    const status = ended(duplex);
    duplex.write({ text: '0' });
    for await (const message of duplex) {
      echoes.push(message.text);
      if (echoes.length < 5) {
        duplex.write({ text: `${echoes.length}` });
      } else {
        duplex.end();
      }
    }
    return { unary: reply.text, count: numbers.length, last: numbers.at(-1), joined: joined.text, echoes: echoes.join(), code: (await status).code };
  },

  async status() {
    const results = [];
    for (let code = 1; code <= 16; code++) {
      const { error } = await unary({ behaviour: 'fail', code, text: 'ошибка 100% ⚡\nline two' });
      results.push({ code: error.code, details: error.details, reason: error.metadata.get('reason')[0], proof: hex(error.metadata, 'proof-bin')[0] });
    }
    return results;
  },

  async stream_status() {
    const call = client.ServerStream({ count: 3, behaviour: 'fail', code: 9, text: 'after three' });
    let count = 0;
    call.on('data', () => count++);
    const { code, details } = await ended(call);
    return { count, code, details };
  },

  async metadata() {
    const metadata = new grpc.Metadata();
    metadata.add('head-text', 'a, b = c');
    metadata.add('head-twice', 'one');
    metadata.add('head-twice', 'two');
    metadata.add('head-bytes-bin', Buffer.from([0, 44, 61, 255]));
    metadata.add('tail-bytes-bin', Buffer.from([1]));
    metadata.add('tail-bytes-bin', Buffer.from([2, 3]));
    metadata.add('tail-text', 't');
    const { headers, trailers } = await unary({ behaviour: 'metadata' }, metadata);
    return {
      text: headers.get('head-text')[0],
      twice: headers.get('head-twice').join(', '),
      bytes: hex(headers, 'head-bytes-bin'),
      tailBytes: hex(trailers, 'tail-bytes-bin'),
      tail: trailers.get('tail-text')[0],
    };
  },

  async large() {
    const payload = pattern(50 * 1024 * 1024);
    const { error, reply } = await unary({ payload });
    return { error: error && error.message, equal: !error && payload.equals(reply.payload) };
  },

  async cancel() {
    const call = client.ServerStream({ count: 1, behaviour: 'hang' });
    const status = ended(call);
    call.on('data', () => call.cancel());
    return { code: (await status).code };
  },

  async deadline() {
    const { error } = await unary({ behaviour: 'hang' }, undefined, { deadline: Date.now() + 3000 });
    return { code: error.code };
  },

  async slow_reader() {
    const call = client.ServerStream({ count: 2000, reply_size: 65536 });
    const status = ended(call);
    let count = 0;
    call.once('readable', async () => {
      say('paused');
      await told('go');
      call.on('data', () => count++);
    });
    return { code: (await status).code, count };
  },

  async slow_server() {
    let written = 0;
    onCommand((line) => line === 'written' && (say('written', written), true));
    const payload = pattern(65536);
    const answer = new Promise((resolve) => { scenarios.call = client.ClientStream((error, reply) => resolve({ error, reply })); });
    await write(scenarios.call, { behaviour: 'stall' });
    for (; written < 2000; written++) {
      await write(scenarios.call, { payload });
    }
    scenarios.call.end();
    const { error, reply } = await answer;
    return { code: error ? error.code : 0, count: reply && reply.number };
  },

  async broken() {
    const call = client.Duplex();
    const status = ended(call);
    call.on('data', () => say('open'));
    call.write({ text: 'x' });
    return { code: (await status).code };
  },

  async unknown() {
    const method = (path) => new Promise((resolve) => {
      client.makeUnaryRequest(path, (b) => b, (b) => b, Buffer.alloc(0), (error) => resolve({ code: error.code, details: error.details }));
    });
    return [await method('/eddy.grpc.tests.Echo/Nothing'), await method('/eddy.grpc.tests.Nobody/Unary')];
  },

  async compressed() {
    const zipped = new Echo(address, credentials, { ...options, 'grpc.default_compression_algorithm': 2 });
    return new Promise((resolve) => zipped.Unary({ text: 'x'.repeat(5000) }, (error) => resolve({ code: error && error.code })));
  },
};

scenarios[scenario]().then((result) => {
  say('result', JSON.stringify(result));
  process.exit(0);
});
