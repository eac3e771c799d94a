/** Protocol Buffers, as bytes. A message is written from its end to its start, so a length is known when its place comes. */

export interface Writer {
  bytes: Buffer;
  /** Where the part that is written begins; it ends where `bytes` ends. */
  start: number;
}

const SIZE_AT_FIRST = 512;
const LENGTH_DELIMITED = 2;

export function writer(): Writer {
  const bytes = Buffer.allocUnsafe(SIZE_AT_FIRST);
  return { bytes, start: bytes.length };
}

/** Returns what was written. */
export function written({ bytes, start }: Writer): Buffer {
  return bytes.subarray(start);
}

function reserve(to: Writer, size: number): number {
  if (to.start < size) {
    const held = to.bytes.length - to.start;
    const larger = Buffer.allocUnsafe(Math.max(to.bytes.length * 2, held + size));
    to.bytes.copy(larger, larger.length - held, to.start);
    to.start = larger.length - held;
    to.bytes = larger;
  }
  to.start -= size;
  return to.start;
}

function putVarint(to: Writer, value: number): void {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  let at = reserve(to, size);
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    to.bytes[at] = (rest % 0x80) | 0x80;
    at += 1;
  }
  to.bytes[at] = rest;
}

/**
 * Writes a whole number; 0 is the default of the protocol and needs no bytes.
 * @throws {TypeError} It is negative, no whole number, or past 2^53.
 */
export function putNumber(to: Writer, field: number, value: number): void {
  if (value !== 0) putNumberAlways(to, field, value);
}

/** Writes a whole number that is one of several alternatives, where 0 must be told from absence. */
export function putNumberAlways(to: Writer, field: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`a number for etcd must be whole and safe, not ${value}`);
  putVarint(to, value);
  putVarint(to, field << 3);
}

/** Writes a number of 64 bits that is no count: an id. */
export function putId(to: Writer, field: number, value: bigint): void {
  const groups: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  const at = reserve(to, groups.length);
  to.bytes.set(groups, at);
  if (groups.length > 0) putVarint(to, field << 3);
}

export function putFlag(to: Writer, field: number, value: boolean | undefined): void {
  if (value === true) putNumber(to, field, 1);
}

/**
 * Writes text as UTF-8.
 * @throws {TypeError} The text has half of a surrogate pair: as UTF-8 it would be equal to another text.
 */
export function putText(to: Writer, field: number, text: string): void {
  if (text === '') return;
  if (!text.isWellFormed()) throw new TypeError('text for etcd must be well-formed Unicode');
  const size = Buffer.byteLength(text);
  const at = reserve(to, size);
  to.bytes.write(text, at, size, 'utf8');
  putVarint(to, size);
  putVarint(to, (field << 3) | LENGTH_DELIMITED);
}

/** Writes a message inside this one: `write` writes its fields. */
export function putMessage(to: Writer, field: number, write: (to: Writer) => void): void {
  const held = to.bytes.length - to.start;
  write(to);
  putVarint(to, to.bytes.length - to.start - held);
  putVarint(to, (field << 3) | LENGTH_DELIMITED);
}
