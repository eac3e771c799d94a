/** Text that never changes, as small as the caller can take it: each encoding is made when it is first asked for, and kept. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** A fifth larger than the best that brotli can do, in a twentieth of the time. */
const BROTLI_QUALITY = 5;
const brotli = promisify(brotliCompress);
const options = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };

/** Best first. */
const encodings: Readonly<Record<string, (text: Buffer) => Promise<Buffer>>> = {
  br: (text) => brotli(text, options),
  gzip: promisify(gzip),
};

export interface Encoded {
  readonly body: Buffer;
  /** Absent: the body is the text itself. */
  readonly encoding?: string;
}

/** Returns the function that gives the text for an Accept-Encoding header. The text is loaded when it is first asked for. */
export function compressed(load: () => Promise<Buffer>): (accepted: string | undefined) => Promise<Encoded> {
  const made = new Map<string, Promise<Buffer>>();
  const kept = (name: string, make: () => Promise<Buffer>) => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    // A failure is not kept: the next caller tries again.
    known.catch(() => made.delete(name));
    return known;
  };
  return async (accepted = '') => {
    const plain = () => kept('identity', load);
    for (const [encoding, encode] of Object.entries(encodings)) {
      if (!isAccepted(accepted, encoding)) continue;
      return { body: await kept(encoding, async () => encode(await plain())), encoding };
    }
    return { body: await plain() };
  };
}

/** RFC 9110, section 12.5.3. A weight of nothing refuses. */
function isAccepted(header: string, encoding: string): boolean {
  return header.split(',').some((entry) => {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return name === encoding && !parameters.some((each) => /^q=0(\.0*)?$/.test(each));
  });
}
