/** A name server on loopback: it answers from a table, or keeps silent until the test lets it answer. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';

const TYPES: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 };
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

export interface NameServer {
  /** `address:port`, as OUTBOUND_DNS_SERVERS takes it. */
  readonly address: string;
  /** Each question that came, as `A name` or `AAAA name`. */
  readonly asked: readonly string[];
  /** Answers the questions that it kept silent about, and all further ones. */
  speak(): void;
  close(): void;
}

export interface NameServerOptions {
  /** The addresses of each name; `fails` stands for a server failure. A name that is not here does not exist. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly silent?: boolean;
}

/** Starts one. */
export async function startNameServer({ names = {}, silent = false }: NameServerOptions = {}): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const unanswered: (() => void)[] = [];
  let speaks = !silent;
  socket.on('message', (query, { address, port }: RemoteInfo) => {
    const question = read(query);
    asked.push(`${question.family === 6 ? 'AAAA' : 'A'} ${question.name}`);
    const answer = () => socket.send(answerTo(query, question, names[question.name]), port, address);
    if (speaks) answer();
    else unanswered.push(answer);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    speak() {
      speaks = true;
      for (const answer of unanswered.splice(0)) answer();
    },
    close: () => socket.close(),
  };
}

interface Question {
  readonly name: string;
  readonly family: 4 | 6 | undefined;
  /** Returns the offset at which the question of a message ends. */
  readonly end: number;
}

/** RFC 1035, section 4.1: twelve bytes of header, then labels with their lengths, the type and the class. */
function read(query: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), family: TYPES[query.readUInt16BE(at + 1)], end: at + 5 };
}

function answerTo(query: Buffer, { family, end }: Question, addresses: readonly string[] | undefined): Buffer {
  const found = (addresses ?? []).filter((address) => isIP(address) === family);
  const code = addresses === undefined ? NO_SUCH_NAME : addresses.includes('fails') ? SERVER_FAILURE : 0;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 + code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(code === 0 ? found.length : 0, 6);
  const records = code === 0 ? found.map(recordOf) : [];
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

/** The record points back to the name of the question, and may not be kept. */
function recordOf(address: string): Buffer {
  const data = bytesOf(address);
  const fixed = Buffer.from([0xc0, 0x0c, 0, isIP(address) === 4 ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat([fixed, data]);
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  return Buffer.from(
    [...groups(head), ...zeros, ...groups(tail)].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}
