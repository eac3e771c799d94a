/** A method of etcd's API: its path, and its messages as bytes. */
import { type Reader, reader, takeFields, takeMessage, takeNumber } from './reader.ts';
import { type Writer, writer, written } from './writer.ts';

export interface Method<Request, Answer> {
  readonly path: string;
  encode(request: Request): Buffer;
  decode(bytes: Buffer): Answer;
}

export interface MethodParts<Request, Answer> {
  readonly path: string;
  /** Writes the fields, the last one first. */
  readonly write: (to: Writer, request: Request) => void;
  readonly read: (from: Reader) => Answer;
}

export function method<Request, Answer>({ path, write, read }: MethodParts<Request, Answer>): Method<Request, Answer> {
  return {
    path: `/etcdserverpb.${path}`,
    encode(request) {
      const to = writer();
      write(to, request);
      return written(to);
    },
    decode: (bytes) => read(reader(bytes)),
  };
}

/** Reads the header of an answer, where the message begins with one: the revision of the store. */
export function takeRevision(from: Reader): number {
  let revision = 0;
  takeMessage(from, (field) => {
    if (field !== 3) return false;
    revision = takeNumber(from);
    return true;
  });
  return revision;
}

/** Reads an answer of which nothing is asked. */
export function takeNothing(from: Reader): void {
  takeFields(from, () => false);
}
