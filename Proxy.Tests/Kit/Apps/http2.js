// An origin that speaks HTTP/2: node http2.js [certificate and key, PEM]. Prints its port. Each line it prints then is
// something it noticed. With a certificate it speaks HTTP/2 or HTTP/1.1, as ALPN agrees.
'use strict';
const http2 = require('node:http2');
const fs = require('node:fs');

const pem = process.argv[2] ? fs.readFileSync(process.argv[2]) : null;
const server = pem
  ? http2.createSecureServer({ cert: pem, key: pem, allowHTTP1: process.argv[3] === 'both' })
  : http2.createServer();
let sessions = 0;
let refused = 0;

server.on('session', (session) => {
  sessions++;
  session.on('error', () => {});
});
server.on('sessionError', () => {});

// HTTP/1.1, where allowed; the listener would also answer the trailers of HTTP/2 streams.
if (pem) {
  server.on('request', (request, response) => {
    if (request.httpVersionMajor === 1) {
      response.end(`HTTP/1.1 ${request.url}`);
    }
  });
}

server.on('stream', (stream, headers) => {
  stream.on('error', (error) => console.log(`error ${error.code}`));
  stream.on('aborted', () => console.log('aborted'));
  const url = new URL(headers[':path'], 'http://x');
  switch (url.pathname) {
    case '/echo':
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
      return;
    case '/sum':
      stream.respond({ ':status': 200, 'x-te': headers.te || 'none' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'done' }));
      stream.resume();
      stream.end('hi');
      return;
    case '/trailers':
      stream.on('trailers', (trailers) => stream.end(JSON.stringify(trailers)));
      stream.resume();
      stream.respond({ ':status': 200 });
      return;
    case '/bytes':
      stream.respond({ ':status': 200, 'content-length': url.searchParams.get('n') });
      stream.end(Buffer.alloc(Number(url.searchParams.get('n')), 'x'));
      return;
    case '/refuse-once':
      if (refused++ === 0) {
        stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      break;
    case '/refuse':
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    case '/reset':
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      return;
    case '/old-only':
      stream.close(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED);
      return;
    case '/old-only-all':
      stream.session.goaway(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED, 0);
      stream.session.destroy();
      return;
    case '/cut':
      stream.respond({ ':status': 200, 'content-length': 100 });
      stream.write('begun', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
      return;
    case '/hints':
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
      break;
    case '/goaway':
      stream.respond({ ':status': 200 });
      stream.end('last');
      stream.session.goaway();
      return;
    case '/destroy':
      stream.session.destroy();
      return;
    case '/wait':
      return;
    case '/empty':
      stream.respond({ ':status': 204 }, { endStream: true });
      return;
    default:
      break;
  }
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify({ headers, sessions }));
});

server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
