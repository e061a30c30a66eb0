'use strict';

// Other people's client of LND's HTLC interceptor, pointed at eddy's: refuses every payment that it is asked about, and says so.

const {readFileSync} = require('node:fs');

const [, , library, socket, cert, macaroon] = process.argv;
const {authenticatedLndGrpc, subscribeToForwardRequests} = require(library);

const {lnd} = authenticatedLndGrpc({
  socket,
  cert: readFileSync(cert).toString('base64'),
  macaroon: readFileSync(macaroon).toString('hex'),
});

const requests = subscribeToForwardRequests({lnd});
requests.on('error', error => console.log(`error ${JSON.stringify(error)}`));
requests.on('forward_request', request => {
  console.log(`request ${request.hash}`);
  request.reject();
});

setTimeout(() => process.exit(1), 180000);
