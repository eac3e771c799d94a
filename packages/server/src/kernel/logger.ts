/** Structured logs: one JSON object a line, request ids in it, secrets out of it. */
import { redactPasswords } from '@tenant-registry/db';
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';

/** The logger that code needs; Fastify's request logger is one too. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

const SECRET_PATHS = ['authorization', 'cookie', 'key', 'token', 'secret', 'password', 'hash'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** Makes a logger of the level; writes to `destination`, by default standard output. */
export function createLogger(level: string, destination?: DestinationStream): PinoLogger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      serializers: { err: serializeError },
    },
    destination,
  );
}

/** The members of a database error that hold values of rows, keys or statements. */
const ROW_MEMBERS = ['detail', 'params'];

/** The causes are written out, because the cause is what helps at night; connection strings lose their password. */
function serializeError(error: Error) {
  const { message, stack, ...rest } = stdSerializers.err(error);
  const members = Object.entries(rest).filter(([name]) => !ROW_MEMBERS.includes(name));
  return { ...Object.fromEntries(members), message: redactPasswords(message), stack: redactPasswords(stack) };
}
