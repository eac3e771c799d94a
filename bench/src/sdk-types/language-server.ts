/** Asks the compiler's language server for completions like an editor, and measures the wait. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { type Project, tsc } from './projects.ts';

const ANSWER_WITHIN_MS = 60_000;

export interface Completions {
  /** Milliseconds of the first completion after the file was opened, loading and checking included. */
  readonly firstMs: number;
  /** Milliseconds of completions after further changes of the file. */
  readonly laterMs: readonly number[];
  readonly suggested: number;
}

/** Opens the project's program, types `client.` and `client.tenants.` in turn, and requests completions each time. */
export async function measureCompletions({ folder, program }: Project, times: number): Promise<Completions> {
  const server = connect(spawn(tsc, ['--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] }));
  try {
    const uri = pathToFileURL(program).href;
    const text = await readFile(program, 'utf8');
    await server.request('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: {},
    });
    server.notify('initialized', {});
    server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text } });
    const line = text.split('\n').length - 1;
    const waits: number[] = [];
    let suggested = 0;
    for (let time = 0; time <= times; time += 1) {
      const typed = time % 2 === 0 ? 'client.' : 'client.tenants.';
      const contentChanges = [{ text: `${text}${typed}` }];
      server.notify('textDocument/didChange', { textDocument: { uri, version: time + 2 }, contentChanges });
      const before = performance.now();
      const position = { line, character: typed.length };
      const answer = await server.request('textDocument/completion', { textDocument: { uri }, position });
      waits.push(performance.now() - before);
      suggested = Math.max(suggested, countOf(answer));
    }
    const [firstMs = Number.NaN, ...laterMs] = waits;
    if (suggested === 0) throw new Error('the language server suggested nothing');
    return { firstMs, laterMs, suggested };
  } finally {
    server.end();
  }
}

function countOf(answer: unknown): number {
  if (Array.isArray(answer)) return answer.length;
  const items: unknown = typeof answer === 'object' && answer !== null && 'items' in answer ? answer.items : [];
  return Array.isArray(items) ? items.length : 0;
}

/** Connects to the child over JSON-RPC with the framing of the language server protocol. */
function connect(child: ChildProcess) {
  const waiting = new Map<unknown, (message: Message) => void>();
  let received = Buffer.alloc(0);
  let requests = 0;
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let message = take(); message !== undefined; message = take()) {
      if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null });
      else waiting.get(message.id)?.(message);
    }
  });

  function take(): Message | undefined {
    const head = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(received.subarray(0, Math.max(head, 0)).toString())?.[1]);
    if (head === -1 || received.length < head + 4 + length) return undefined;
    const body = received.subarray(head + 4, head + 4 + length).toString();
    received = received.subarray(head + 4 + length);
    return JSON.parse(body);
  }

  return {
    notify: (method: string, params: object) => send({ method, params }),
    async request(method: string, params: object): Promise<unknown> {
      requests += 1;
      const id = requests;
      const answered = new Promise<Message>((resolve, reject) => {
        waiting.set(id, resolve);
        setTimeout(() => reject(new Error(`no answer to ${method}`)), ANSWER_WITHIN_MS).unref();
      });
      send({ id, method, params });
      const { result, error } = await answered;
      if (error !== undefined) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    end: () => void child.kill(),
  };
}

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
