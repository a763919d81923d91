// The service both sides know: messages are bytes as they are.
'use strict';
const asIs = (bytes) => bytes;
const call = (name, requestStream, responseStream) => ({
  path: `/test.Calls/${name}`,
  requestStream,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

exports.service = {
  Echo: call('Echo', false, false),
  Count: call('Count', true, false),
  Flood: call('Flood', false, true),
  Talk: call('Talk', true, true),
  Fail: call('Fail', false, false),
  Hang: call('Hang', false, false),
};
exports.health = {
  Check: { ...call('Check', false, false), path: '/grpc.health.v1.Health/Check' },
};
exports.limits = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
