// WebSocket: node socket.mjs ws://host:port/c/queue?lease=30 — settles each message over the socket, until the socket is closed.
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2]);
socket.on('open', () => console.log('open'));
socket.on('message', data => {
  const { value, receipt, deleted } = JSON.parse(data);
  if (receipt && deleted === undefined) socket.send(JSON.stringify({ cmd: 'del', receipt }));
  console.log(deleted ? `deleted ${receipt ?? ''}` : `got ${value}`);
});
socket.on('close', code => {
  console.log(`closed ${code}`);
  process.exitCode = code === 1000 ? 0 : 1;
});
