// A gRPC client: node client.js HOST:PORT [CA.pem NAME]. Makes calls of every kind and prints a line for each, then
// "end"; the test reads them.
'use strict';
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const { service, limits } = require('./service.js');

const [address, ca, name] = process.argv.slice(2);
const credentials = ca ? grpc.credentials.createSsl(fs.readFileSync(ca)) : grpc.credentials.createInsecure();
const Client = grpc.makeGenericClientConstructor(service, 'Calls');
const client = new Client(address, credentials, {
  ...limits,
  ...(name ? { 'grpc.ssl_target_name_override': name } : {}),
});
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const within = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

function echo(bytes, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    let trailer;
    const call = client.Echo(bytes, metadata, within(30), (error, reply) =>
      error ? reject(error) : setImmediate(() => resolve({ reply, trailer })));
    call.on('status', (status) => { trailer = status.metadata; });
  });
}

function failure(method, options) {
  return new Promise((resolve) => {
    const call = client[method](Buffer.from('x'), new grpc.Metadata(), options, (error) => resolve(error));
    if (options.cancelAfter) {
      setTimeout(() => call.cancel(), options.cancelAfter);
    }
  });
}

async function main() {
  const metadata = new grpc.Metadata();
  metadata.set('x-note', 'kept');
  const unary = await echo(Buffer.from('hello'), metadata);
  console.log(`unary ${unary.reply} ${unary.trailer.get('x-note')[0]}`);

  const large = Buffer.alloc(9_000_000, 'L');
  console.log(`large ${(await echo(large)).reply.equals(large)}`);

  console.log(`client-stream ${await new Promise((resolve, reject) => {
    const call = client.Count(new grpc.Metadata(), within(30), (error, reply) =>
      error ? reject(error) : resolve(reply));
    for (let i = 0; i < 500; i++) {
      call.write(Buffer.alloc(10_000, 'c'));
    }
    call.end();
  })}`);

  // Messages must come back one by one, not when the stream ends.
  console.log(`bidi ${await new Promise((resolve, reject) => {
    const call = client.Talk(new grpc.Metadata(), within(30));
    let turns = 0;
    call.on('error', reject);
    call.on('data', (message) => {
      if (message.toString() !== `re: ${turns}`) {
        reject(new Error(`got ${message}`));
      } else if (++turns === 50) {
        call.end();
      } else {
        call.write(Buffer.from(String(turns)));
      }
    });
    call.on('end', () => resolve(turns));
    call.write(Buffer.from('0'));
  })}`);

  // A reader that stops reading stops the writer.
  const flood = client.Flood(Buffer.from('800 65536'), new grpc.Metadata(), within(60));
  let received = 0;
  const ended = new Promise((resolve, reject) => {
    flood.on('end', resolve);
    flood.on('error', reject);
  });
  flood.on('data', (message) => {
    received += message.length;
    if (received === 65536) {
      flood.pause();
    }
  });
  let before = -1;
  let written = 0;
  while (written === 0 || written !== before) {
    before = written;
    await wait(300);
    written = Number((await echo(Buffer.from('flooded'))).reply);
  }
  console.log(`held-back ${written < 16_000_000 ? 'yes' : written}`);
  flood.resume();
  await ended;
  console.log(`server-stream ${received}`);

  const failed = await failure('Fail', within(30));
  console.log(`status ${failed.code} ${failed.details}`);
  const late = await failure('Hang', within(0.5));
  console.log(`deadline ${late.code}`);
  const cancelled = await failure('Hang', { ...within(30), cancelAfter: 200 });
  console.log(`cancel ${cancelled.code}`);
  console.log('end');
  client.close();
}

main().catch((error) => {
  console.log(`failed ${error.stack}`);
  process.exit(1);
});
