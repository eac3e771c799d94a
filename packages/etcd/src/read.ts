/** A call whose repetition does no harm: it is sent to one endpoint after the other, also before the first has failed. */
import { type Cluster, PAUSE_MS } from './cluster.ts';
import type { Call } from './connection.ts';
import { type GrpcFailure, meaningOf, Refusal } from './errors.ts';

interface Race<Answer> {
  readonly cluster: Cluster;
  readonly call: Call<Answer>;
  /** What cancels the call that is under way at an endpoint. */
  readonly underWay: Map<number, () => void>;
  readonly failed: Set<number>;
  readonly timers: Set<NodeJS.Timeout>;
  last: GrpcFailure | undefined;
  ended: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (refusal: Refusal) => void;
}

/**
 * Resolves to the first answer of any endpoint. The next endpoint is asked when one fails, and when `overtakeMs` have
 * passed without an answer; at most one call is under way at each. A member that is cut off from the others answers
 * nothing, so its callers wait for `overtakeMs` once: then the endpoint that answered is preferred.
 * @throws {Refusal} with the last failure, at the deadline or when no repetition can help.
 */
export function read<Answer>(cluster: Cluster, call: Call<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    askNext({
      ...{ cluster, call, resolve, reject },
      ...{ underWay: new Map(), failed: new Set(), timers: new Set(), last: undefined, ended: false },
    });
  });
}

function askNext<Answer>(race: Race<Answer>): void {
  if (race.ended) return;
  const { cluster, call, underWay, failed } = race;
  const order = cluster.ring.order();
  const endpoint = order.find((each) => !underWay.has(each) && !failed.has(each));
  const connection = endpoint === undefined ? undefined : cluster.connections[endpoint];
  if (endpoint === undefined || connection === undefined) {
    if (failed.size === 0) return;
    failed.clear();
    later(race, PAUSE_MS);
    return;
  }
  const overtakes = underWay.size > 0 || race.last !== undefined;
  underWay.set(
    endpoint,
    connection.start(call, (failure, answer) => {
      underWay.delete(endpoint);
      if (failure !== null) return failedAt(race, endpoint, failure);
      if (race.ended) return;
      if (overtakes) cluster.ring.answered(endpoint);
      end(race);
      race.resolve(answer as Answer); // gRPC hands over an answer where there is no failure
    }),
  );
  if (order.length > 1) later(race, cluster.timing.overtakeMs);
}

function failedAt<Answer>(race: Race<Answer>, endpoint: number, failure: GrpcFailure): void {
  if (race.ended) return;
  const late = Date.now() >= race.call.deadline;
  // A failure that has a reason says more than that the time is over.
  if (!late || race.last === undefined) race.last = failure;
  const again = meaningOf(failure).again === 'elsewhere' && !race.cluster.closed.aborted;
  if (again) {
    race.failed.add(endpoint);
    race.cluster.ring.failed(endpoint);
    if (!late) askNext(race);
    if (!late || race.underWay.size > 0) return;
  }
  end(race);
  race.reject(new Refusal(again ? race.last : failure));
}

function later<Answer>(race: Race<Answer>, ms: number): void {
  const timer = setTimeout(() => {
    race.timers.delete(timer);
    askNext(race);
  }, ms);
  race.timers.add(timer);
}

function end<Answer>(race: Race<Answer>): void {
  race.ended = true;
  for (const timer of race.timers) clearTimeout(timer);
  for (const cancel of race.underWay.values()) cancel();
}
