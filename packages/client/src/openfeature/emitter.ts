/** The events of a provider, in the form that OpenFeature's SDK listens to. */

/** What an event says. */
export interface ProviderEvent {
  readonly providerName?: string;
  readonly message?: string;
  readonly flagsChanged?: string[];
}

type Handler = (details?: never) => unknown;

interface Logger {
  error(...args: unknown[]): void;
}

export interface Emitter {
  emit(type: string, details?: ProviderEvent): void;
  addHandler(type: string, handler: Handler): void;
  removeHandler(type: string, handler: Handler): void;
  removeAllHandlers(type?: string): void;
  getHandlers(type: string): Handler[];
  setLogger(logger: Logger): this;
}

/** Starts without handlers. A handler that throws or rejects is logged and keeps no other from being called. */
export function createEmitter(): Emitter {
  const handlers = new Map<string, Handler[]>();
  let logger: Logger | undefined;
  return {
    emit(type, details = {}) {
      for (const handler of handlers.get(type) ?? []) {
        const call = async () => handler(details as never); // each handler knows the details of its event
        call().catch((error: unknown) => logger?.error('a handler of a provider event failed', error));
      }
    },
    addHandler: (type, handler) => void handlers.set(type, [...(handlers.get(type) ?? []), handler]),
    removeHandler(type, handler) {
      const left = (handlers.get(type) ?? []).filter((each) => each !== handler);
      handlers.set(type, left);
    },
    removeAllHandlers(type) {
      if (type === undefined) handlers.clear();
      else handlers.delete(type);
    },
    getHandlers: (type) => handlers.get(type) ?? [],
    setLogger(given) {
      logger = given;
      return this;
    },
  };
}
