/** The logger of one request, made when the request first has something to say: most never do. */
import type { FastifyBaseLogger } from 'fastify';

type Bindings = Parameters<FastifyBaseLogger['child']>[0];
type Options = Parameters<FastifyBaseLogger['child']>[1];

/** Returns a logger that behaves like `parent.child(bindings)`. */
export function requestLogger(parent: FastifyBaseLogger, bindings: Bindings, options?: Options): FastifyBaseLogger {
  return new RequestLogger(parent, bindings, options);
}

class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #bindings: Bindings;
  readonly #options: Options;
  #made: FastifyBaseLogger | undefined;

  constructor(parent: FastifyBaseLogger, bindings: Bindings, options: Options) {
    this.#parent = parent;
    this.#bindings = bindings;
    this.#options = options;
  }

  get #logger(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(this.#bindings, this.#options);
    return this.#made;
  }

  get level() {
    return this.#logger.level;
  }
  set level(level) {
    this.#logger.level = level;
  }
  trace(...given: unknown[]): void {
    Reflect.apply(this.#logger.trace, this.#logger, given);
  }
  debug(...given: unknown[]): void {
    Reflect.apply(this.#logger.debug, this.#logger, given);
  }
  info(...given: unknown[]): void {
    Reflect.apply(this.#logger.info, this.#logger, given);
  }
  warn(...given: unknown[]): void {
    Reflect.apply(this.#logger.warn, this.#logger, given);
  }
  error(...given: unknown[]): void {
    Reflect.apply(this.#logger.error, this.#logger, given);
  }
  fatal(...given: unknown[]): void {
    Reflect.apply(this.#logger.fatal, this.#logger, given);
  }
  silent(...given: unknown[]): void {
    Reflect.apply(this.#logger.silent, this.#logger, given);
  }
  child(bindings: Bindings, options?: Options): FastifyBaseLogger {
    return this.#logger.child(bindings, options);
  }
}
