/** The small shapes that every module's schemas are made of. */
import { z } from 'zod';

/** An id, in lower case, as the database gives it back. */
export const id = z.guid('must be a UUID').toLowerCase();
/** Longer than any that a program writes: digits of a second beyond a nanosecond. */
const TIMESTAMP_LENGTH_MAX = 40;

/** RFC 3339, UTC. */
export const timestamp = z.iso.datetime().meta({ minLength: 20, maxLength: 27 });
/** A point in time from a caller: RFC 3339 with any offset, of a year that the database knows; handed on in UTC. */
export const timestampInput = z.iso
  .datetime({ offset: true })
  .max(TIMESTAMP_LENGTH_MAX)
  .refine((text) => isYear(new Date(text).getUTCFullYear()), 'must be of a year from 0001 to 9999')
  .overwrite(inUtc)
  .meta({ minLength: 20 });
/** `YYYY-MM-DD`. */
export const date = z.iso
  .date()
  .refine((text) => isYear(Number(text.slice(0, 4))), 'must be of a year from 0001 to 9999');
/** A short text for people, never empty. White space is kept. */
export const name = z.string().min(1).max(200);
/** A short text from another system: an id over there, a code, a person. */
export const label = z.string().min(1).max(200);
/** The longest id of an actor, and its principal: an issuer of 255 characters, a bar, a subject of 200, and the kind in front. */
export const ACTOR_MAX = 500;
/** The key of a product of the catalog. */
export const product = z.string().min(1).max(100);

/** Lower case letters, digits and inner dashes, 3 to 40 characters. A check in the database holds this rule too. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/, 'must be 3 to 40 lower case letters, digits and inner dashes')
  .meta({ minLength: 3, maxLength: 40 });

/** A word of up to 63 lower case letters, digits and inner dashes. Checks in the database hold this rule too. */
export const dashed = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be up to 63 lower case letters, digits and inner dashes');

/** Text in an answer. Its writer enforced the length, which is documented here and not checked again. */
export function textUpTo(max: number) {
  return z.string().meta({ maxLength: max });
}

const JSON_BYTES_MAX = 32_768;
/** Bytes of a document: the content of a configuration. */
const DOCUMENT_BYTES_MAX = 262_144;

/** Free JSON of a caller, at most 32 KiB as UTF-8, in the form in which the database writes it. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => storedBytesOf(value, JSON_BYTES_MAX) <= JSON_BYTES_MAX, 'must be at most 32 KiB of JSON');

/** Any JSON of a caller, at most 256 KiB as UTF-8, in the form in which the database writes it. */
export const jsonDocument = z
  .unknown()
  .refine((value) => value !== undefined, 'is required')
  .refine(
    (value) => value === undefined || storedBytesOf(value, DOCUMENT_BYTES_MAX) <= DOCUMENT_BYTES_MAX,
    'must be at most 256 KiB of JSON',
  );

/** The database writes no exponents: 1e-300 comes out of it with 300 digits, so each counts. */
function storedBytesOf(value: unknown, max: number): number {
  const text = JSON.stringify(value);
  return utf8BytesOf(text, max) + (/e-\d/.test(text) ? zerosOf(value) : 0);
}

function zerosOf(value: unknown): number {
  if (typeof value === 'number') return Number(/e-(\d+)$/.exec(String(value))?.[1] ?? 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((zeros: number, member) => zeros + zerosOf(member), 0);
}

/** No character takes more than three bytes for each UTF-16 unit, so short text needs no counting. */
function utf8BytesOf(text: string, max: number): number {
  return text.length * 3 <= max ? text.length : new TextEncoder().encode(text).byteLength;
}

/** NaN passes: the schema has refused text that is no time. */
function isYear(year: number): boolean {
  return !(year < 1 || year > 9999);
}

/**
 * The database knows offsets up to 15:59, and microseconds: finer ones it would round, the last into the year 10000.
 * Text that is no time stays as it is, and the schema refuses it.
 */
function inUtc(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const [fraction = ''] = /\.\d{1,6}/.exec(text) ?? [];
  if (text.endsWith('Z')) return text.replace(/\.\d+/, fraction);
  return time.toISOString().replace(/\.\d+/, (fraction || '.').padEnd(4, '0'));
}
