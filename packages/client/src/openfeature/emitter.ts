/** The events of a provider, in the form that OpenFeature's SDK listens to. */

/** What an event says. */
export interface ProviderEvent {
  readonly providerName?: string;
  readonly message?: string;
  readonly flagsChanged?: string[];
}

/** Each handler knows the details of its event. */
type Handler = (details?: never) => unknown;
type KeptHandler = (details?: unknown) => unknown;

interface Logger {
  error(...args: unknown[]): void;
}

export interface Emitter {
  emit(type: string, details?: ProviderEvent): void;
  addHandler(type: string, handler: Handler): void;
  removeHandler(type: string, handler: Handler): void;
  removeAllHandlers(type?: string): void;
  getHandlers(type: string): KeptHandler[];
  setLogger(logger: Logger): this;
}

/** Starts without handlers. A handler that throws or rejects is logged and keeps no other from being called. */
export function createEmitter(): Emitter {
  const handlers = new Map<string, KeptHandler[]>();
  let logger: Logger | undefined;
  return {
    emit(type, details = {}) {
      for (const handler of handlers.get(type) ?? []) {
        const call = async () => handler(details);
        call().catch((error: unknown) => logger?.error('a handler of a provider event failed', error));
      }
    },
    addHandler: (type, handler) => void handlers.set(type, [...(handlers.get(type) ?? []), handler as KeptHandler]),
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
