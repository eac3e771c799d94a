/** Faults that a test asks for: refusals, silence, cut connections; and hooks that count requests. */

/** A request, as hooks and the log of a server see it. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly number: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

export type Fault =
  /** Answers a Status. 429 carries `Retry-After`. */
  | { readonly kind: 'status'; readonly code: 401 | 403 | 429 | 500 | 503 | 504; readonly retryAfterSeconds?: number }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection before anything is done. */
  | { readonly kind: 'cut-before' }
  /** Does what is asked, then cuts the connection instead of answering. */
  | { readonly kind: 'cut-after' };

export interface FaultScope {
  /** How many requests it hits; 1 unless given. */
  readonly times?: number;
  readonly method?: string;
  /** A pattern on path and query. */
  readonly path?: RegExp;
}

/** How the lines of watches are sent. */
export interface WatchFaults {
  /** Cuts lines into pieces of this many bytes. */
  chunkBytes: number | undefined;
  /** Cuts the connection of each watch after this many bytes, be it within a line. */
  cutAfterBytes: number | undefined;
}

export interface Faults {
  /** The next requests in this scope meet the fault. */
  next(fault: Fault, scope?: FaultScope): void;
  /** Calls back at each request, before it is handled; answers how to stop. */
  onRequest(callback: (request: SeenRequest) => void): () => void;
  /** Calls back once, when the n-th answer from now has been sent or its connection was cut. */
  onAnswered(count: number, callback: (request: SeenRequest) => void): void;
  readonly watches: WatchFaults;
  /** Takes all faults and hooks back. */
  clear(): void;
}

/** What the server asks of the faults. */
export interface FaultPlan extends Faults {
  take(request: SeenRequest): Fault | undefined;
  answered(request: SeenRequest): void;
}

/** Makes a plan without faults. */
export function createFaults(): FaultPlan {
  let planned: { fault: Fault; scope: FaultScope; left: number }[] = [];
  let answerHooks: { left: number; callback: (request: SeenRequest) => void }[] = [];
  const requestHooks = new Set<(request: SeenRequest) => void>();
  const watches: WatchFaults = { chunkBytes: undefined, cutAfterBytes: undefined };
  return {
    watches,
    next(fault, scope = {}) {
      planned.push({ fault, scope, left: scope.times ?? 1 });
    },
    onRequest(callback) {
      requestHooks.add(callback);
      return () => requestHooks.delete(callback);
    },
    onAnswered(count, callback) {
      answerHooks.push({ left: count, callback });
    },
    clear() {
      planned = [];
      answerHooks = [];
      requestHooks.clear();
      watches.chunkBytes = undefined;
      watches.cutAfterBytes = undefined;
    },
    take(request) {
      for (const callback of requestHooks) callback(request);
      const found = planned.find(({ scope }) => within(scope, request));
      if (!found) return undefined;
      found.left -= 1;
      planned = planned.filter(({ left }) => left > 0);
      return found.fault;
    },
    answered(request) {
      for (const hook of answerHooks) hook.left -= 1;
      const due = answerHooks.filter(({ left }) => left <= 0);
      answerHooks = answerHooks.filter(({ left }) => left > 0);
      for (const { callback } of due) callback(request);
    },
  };
}

function within({ method, path }: FaultScope, request: SeenRequest): boolean {
  return (method === undefined || method === request.method) && (path === undefined || path.test(request.path));
}
