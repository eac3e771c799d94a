/** Structured logs: one JSON object a line, request ids in it, secrets out of it. */
import { redactPasswords } from '@tenant-registry/db';
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';
import { systemClock, textOfSecond } from './clock.ts';

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
      timestamp: createTimestamps(),
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      serializers: { err: serializeError },
    },
    destination,
  );
}

/**
 * Returns the logger without the search for secrets in each line, which costs more than all else of a line: for lines whose
 * members are listed in one place, and none of which is a secret.
 */
export function withoutSearch(logger: PinoLogger): PinoLogger {
  return logger.child({}, { redact: { paths: [] } });
}

const MS_DIGITS = 3;

/** Makes what writes the time of a line in RFC 3339. */
function createTimestamps(): () => string {
  const upToSecond = textOfSecond((second) => second.toISOString().slice(0, -'000Z'.length));
  return () => {
    const now = systemClock();
    return `,"time":"${upToSecond(now)}${String(now.getMilliseconds()).padStart(MS_DIGITS, '0')}Z"`;
  };
}

/** The members of a database error that hold values of rows, keys or statements. */
const ROW_MEMBERS = ['detail', 'params'];

/** The causes are written out, because the cause is what helps at night; connection strings lose their password. */
function serializeError(error: Error) {
  const { message, stack, ...rest } = stdSerializers.err(error);
  const members = Object.entries(rest).filter(([name]) => !ROW_MEMBERS.includes(name));
  return { ...Object.fromEntries(members), message: redactPasswords(message), stack: redactPasswords(stack) };
}
