// EventSource: node events.mjs http://host:port/c/queue — until a message says "end".
import { EventSource } from 'eventsource';

const events = new EventSource(process.argv[2]);
events.onopen = () => console.log('open');
events.onmessage = event => {
  const { value } = JSON.parse(event.data);
  console.log(`got ${value} ${event.lastEventId}`);
  if (value === 'end') events.close();
};
events.addEventListener('missed', event => console.log(`missed ${event.data}`));
