/**
 * Connections that are kept for the next request to the same origin. Node's agents hand a kept connection to requests of
 * its own scheme, host and port only, so the policy that allowed its address when it was made allows it again.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

export interface KeepLimits {
  /** Idle connections to one origin. */
  readonly originMax: number;
  /** Idle connections of one scheme, to all origins together. */
  readonly totalMax: number;
  /** An idle connection is closed after so long. */
  readonly idleMs: number;
}

const LIMITS: KeepLimits = { originMax: 4, totalMax: 256, idleMs: 10_000 };

export interface KeptConnections {
  agentFor(url: URL): HttpAgent;
  /** Idle connections that are kept now. */
  idle(): number;
}

/** Makes the connections of one `Outbound`; none is open at first. Connections in use are bounded by their users. */
export function createConnections({ originMax, totalMax, idleMs }: KeepLimits = LIMITS): KeptConnections {
  const options = { keepAlive: true, maxFreeSockets: originMax, timeout: idleMs };
  const plain = bounded(new HttpAgent(options), totalMax);
  const secure = bounded(new HttpsAgent(options), totalMax);
  return {
    agentFor: ({ protocol }) => (protocol === 'https:' ? secure : plain),
    idle: () => idleOf(plain) + idleOf(secure),
  };
}

/** Lets the agent keep no connection beyond the total. */
function bounded(agent: HttpAgent, totalMax: number): HttpAgent {
  const keep = agent.keepSocketAlive.bind(agent);
  // The documented place to decide whether a connection is kept; its declared type does not tell that it answers.
  agent.keepSocketAlive = (socket: Duplex) => idleOf(agent) < totalMax && (keep(socket) as unknown as boolean);
  return agent;
}

function idleOf({ freeSockets }: HttpAgent): number {
  return Object.values(freeSockets).reduce((sum, sockets = []) => sum + sockets.length, 0);
}
