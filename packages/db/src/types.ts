/** One parser per type for both engines, whose own defaults differ (a bigint is a string on one, a number on the other). */
import { type ColumnType, type RawBuilder, sql } from 'kysely';

const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;

export const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: parseInt8,
  [DATE]: (text) => text,
  [TIMESTAMPTZ]: parseTimestamptz,
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is past 2^53`);
  return value;
}

// Before about 1900 the offset of a zone has seconds.
const TIMESTAMPTZ_TEXT = /^(\d{4,6})(-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/**
 * Returns the RFC 3339 UTC form, with all the digits of the database (at least three): `2026-01-31T08:00:00.123456Z`.
 * A JavaScript Date would drop the microseconds, and a page cursor made of it would repeat or lose rows.
 */
export function parseTimestamptz(text: string): string {
  const match = TIMESTAMPTZ_TEXT.exec(text);
  if (match === null) throw new RangeError(`cannot read the timestamp ${text}`);
  const [, year = '', day, time, fraction = '', sign, hours, minutes = 0, seconds = 0] = match;
  const digits = fraction.padEnd(3, '0');
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  if (offset === 0) return `${year}${day}T${time}.${digits}Z`;
  const local = Date.parse(`+${year.padStart(6, '0')}${day}T${time}Z`);
  const utc = new Date(sign === '+' ? local - offset : local + offset).toISOString();
  return `${utc.slice(0, utc.lastIndexOf('.'))}.${digits}Z`;
}

/** A point in time: read as RFC 3339 text, written as such or as a Date. */
export type Timestamp = ColumnType<string, Date | string, Date | string>;
/** The roles of people inside one tenant. */
export type TenantRole = 'admin' | 'billing' | 'member';
/** A JSON object: read as one, written with `json()`. */
export type Json = ColumnType<Record<string, unknown>, RawBuilder<unknown>, RawBuilder<unknown>>;
/** Any JSON, or SQL's null, which reads like the null of JSON: another column tells which of them it is. */
export type JsonValue = ColumnType<unknown, RawBuilder<unknown>, RawBuilder<unknown>>;

/** Writes a jsonb value. The drivers would send a bare array as an array of SQL, and a bare string as JSON text. */
export function json(value: unknown): RawBuilder<unknown> {
  return sql`${JSON.stringify(value)}::jsonb`;
}
