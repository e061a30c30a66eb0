// Shared by server.js and client.js.
'use strict';

const path = require('path');
const readline = require('readline');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(path.join(__dirname, 'echo.proto'), { keepCase: true, longs: Number });

exports.grpc = grpc;
exports.Echo = grpc.loadPackageDefinition(definition).eddy.grpc.tests.Echo;
exports.options = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.ssl_target_name_override': 'localhost',
};

// The same bytes as Harness/EchoService.cs makes.
exports.pattern = (length) => {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = ((i * 31) ^ (i >> 8)) & 0xff;
  }
  return bytes;
};

exports.say = (...words) => process.stdout.write(words.join(' ') + '\n');

const waiting = new Map();
const early = new Set();
let answer = () => {};

// Calls `handler` with every command that nobody waits for.
exports.onCommand = (handler) => { answer = handler; };

// Resolves when the test says this word.
exports.told = (word) => new Promise((resolve) => (early.delete(word) ? resolve() : waiting.set(word, resolve)));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (waiting.has(line)) {
    waiting.get(line)();
    waiting.delete(line);
  } else if (answer(line) !== true) {
    early.add(line);
  }
}).on('close', () => process.exit(0));
