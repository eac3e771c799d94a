// A load generator of its own: its one argument is a JSON of Order, and it prints a JSON of Sample.
import { measure } from '../lib/load.ts';
import type { Order } from './order.ts';

const { url, path, method, headers, bodies, accepts, connections, seconds } = JSON.parse(
  process.argv[2] ?? '',
) as Order;
const sample = await measure(
  {
    name: path,
    url,
    headers,
    bodies,
    accepts: (body) => body.includes(accepts),
    requestsOf: (connection) => [
      method === 'GET' ? { method, path } : { method, path, body: bodies[connection % bodies.length] ?? '' },
    ],
  },
  { connections, seconds },
);
process.stdout.write(JSON.stringify(sample));
