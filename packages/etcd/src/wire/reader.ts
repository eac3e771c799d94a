/** Protocol Buffers, read from bytes. Fields that nobody asks for are passed over. */

export interface Reader {
  readonly bytes: Buffer;
  at: number;
  end: number;
}

const VARINT_BYTES_MAX = 10;

export function reader(bytes: Buffer): Reader {
  return { bytes, at: 0, end: bytes.length };
}

function byteAt(from: Reader): number {
  const byte = from.bytes[from.at];
  if (byte === undefined || from.at >= from.end) throw new RangeError('a message of etcd ends too early');
  from.at += 1;
  return byte;
}

/**
 * Reads a whole number.
 * @throws {RangeError} It is past 2^53, where JavaScript's numbers have gaps.
 */
export function takeNumber(from: Reader): number {
  let value = 0;
  let factor = 1;
  for (let read = 1; read <= VARINT_BYTES_MAX; read += 1) {
    const byte = byteAt(from);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number of etcd is past 2^53');
      return value;
    }
    factor *= 0x80;
  }
  throw new RangeError('a number of etcd has too many bytes');
}

/** Reads a number of 64 bits that is no count: an id. */
export function takeId(from: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = byteAt(from);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('a number of etcd has too many bytes');
}

function takeEnd(from: Reader): number {
  const size = takeNumber(from);
  const end = from.at + size;
  if (end > from.end) throw new RangeError('a message of etcd ends too early');
  return end;
}

/** Reads bytes as UTF-8. */
export function takeText(from: Reader): string {
  const end = takeEnd(from);
  const text = from.bytes.toString('utf8', from.at, end);
  from.at = end;
  return text;
}

/** Reads a message inside this one: `visit` is called with the number of each field, and reads it or returns false. */
export function takeMessage(from: Reader, visit: (field: number) => unknown): void {
  const end = takeEnd(from);
  const outer = from.end;
  from.end = end;
  takeFields(from, visit);
  from.end = outer;
}

/** Reads the fields up to the end: `visit` is called with the number of each, and reads it or returns false. */
export function takeFields(from: Reader, visit: (field: number) => unknown): void {
  while (from.at < from.end) {
    const tag = takeNumber(from);
    if (visit(Math.floor(tag / 8)) === false) skip(from, tag % 8);
  }
}

function skip(from: Reader, wireType: number): void {
  switch (wireType) {
    case 0:
      takeId(from);
      return;
    case 1:
      from.at += 8;
      return;
    case 2:
      from.at = takeEnd(from);
      return;
    case 5:
      from.at += 4;
      return;
    default:
      throw new RangeError(`etcd sent a field of the unknown type ${wireType}`);
  }
}
