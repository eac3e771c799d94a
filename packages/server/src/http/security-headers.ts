/** The headers that keep browsers from doing harm: always the same, so they are worked out once. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';

type Directives = Record<string, string[]>;

/** Returns what helmet sets for pages that may load exactly what the directives name. */
export function securityHeaders(directives: Directives): Readonly<Record<string, string>> {
  const options: HelmetOptions = { contentSecurityPolicy: { directives, useDefaults: false } };
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  helmet(options)(response.req, response, () => {});
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
