/** A name server on loopback that knows `localhost` and answers for no other name, as an attacker's own zone behaves. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface SilentResolver {
  /** `127.0.0.1:54321` */
  readonly address: string;
  /** How many questions were left without an answer. */
  unanswered(): number;
}

const TYPE_A = 1;
/** An answer, authoritative, recursion available, no error. */
const FLAGS = 0x8580;
/** The name of the question, which stands at byte 12. */
const POINTER = [0xc0, 0x0c];

/** Listens on the address until `stack` is disposed; port 0 lets the system choose. */
export async function startSilentResolver(address: string, stack: AsyncDisposableStack): Promise<SilentResolver> {
  const [host = '', port = '0'] = address.split(':');
  const socket = createSocket('udp4');
  let unanswered = 0;
  socket.on('message', (question, { address: from, port: fromPort }) => {
    const answer = answerTo(question);
    if (answer === undefined) unanswered += 1;
    else socket.send(answer, fromPort, from);
  });
  socket.bind(Number(port), host);
  await once(socket, 'listening');
  stack.defer(() => new Promise((closed) => socket.close(() => closed())));
  return { address: `${host}:${socket.address().port}`, unanswered: () => unanswered };
}

/** RFC 1035, section 4: the question again, and behind it 127.0.0.1 where an IPv4 address was asked for. */
function answerTo(question: Buffer): Buffer | undefined {
  const nameEnds = question.indexOf(0, 12);
  const name = nameEnds < 0 ? '' : question.toString('latin1', 13, nameEnds).toLowerCase();
  if (name !== 'localhost') return undefined;
  const end = nameEnds + 5;
  const answers = question.readUInt16BE(nameEnds + 1) === TYPE_A ? 1 : 0;
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(FLAGS, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers, 6);
  const address = Buffer.from([...POINTER, 0, TYPE_A, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([head, question.subarray(12, end), ...(answers === 1 ? [address] : [])]);
}
