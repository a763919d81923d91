// A gRPC server: node server.js [what its health service says]. Prints its port, then what it noticed.
'use strict';
const grpc = require('@grpc/grpc-js');
const { service, health, limits } = require('./service.js');

let flooded = 0;
const server = new grpc.Server(limits);
server.addService(service, {
  // "flooded" asks how much Flood has written; anything else comes back, as does the metadata field x-note.
  Echo(call, done) {
    const note = call.metadata.get('x-note');
    const trailer = new grpc.Metadata();
    if (note.length > 0) {
      trailer.set('x-note', note[0]);
    }
    done(null, call.request.toString() === 'flooded' ? Buffer.from(String(flooded)) : call.request, trailer);
  },
  Count(call, done) {
    let bytes = 0;
    let messages = 0;
    call.on('data', (message) => {
      bytes += message.length;
      messages++;
    });
    call.on('end', () => done(null, Buffer.from(`${messages} ${bytes}`)));
  },
  // "messages size": so many messages of that size, as fast as they are taken.
  Flood(call) {
    const [messages, size] = call.request.toString().split(' ').map(Number);
    let left = messages;
    const step = () => {
      while (left > 0) {
        left--;
        flooded += size;
        if (!call.write(Buffer.alloc(size, 'f'))) {
          call.once('drain', step);
          return;
        }
      }
      call.end();
    };
    step();
  },
  Talk(call) {
    call.on('data', (message) => call.write(Buffer.concat([Buffer.from('re: '), message])));
    call.on('end', () => call.end());
  },
  Fail(call, done) {
    done({ code: grpc.status.FAILED_PRECONDITION, details: 'not säfe' });
  },
  Hang(call) {
    console.log('hanging');
    call.on('cancelled', () => console.log('cancelled'));
  },
});
server.addService(health, {
  Check: (call, done) => done(null, Buffer.from([8, Number(process.argv[2] || '1')])),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`port ${port}`);
});
