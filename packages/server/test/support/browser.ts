/** A headless Chromium, spoken to by its own protocol; only where one is installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Returns the path of an installed browser, or undefined. */
export function installedBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Message = Readonly<Record<string, unknown>>;

export interface Tab {
  /** The URLs of all requests that the page made or tried to make. */
  readonly requests: readonly string[];
  /** The complaints of the page, of its policy and of its scripts. */
  readonly complaints: readonly string[];
  open(url: string): Promise<void>;
  /** Resolves with the value of an expression in the page. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Resolves with a picture of what is visible, as PNG. */
  picture(): Promise<Buffer>;
  close(): Promise<void>;
}

/** Resolves with an empty tab of a browser of its own, which can reach this machine alone. */
export async function openTab(path: string): Promise<Tab> {
  const profile = mkdtempSync(join(tmpdir(), 'registry-browser-'));
  const browser = spawn(path, [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
    '--window-size=1440,1000',
    // The browser's own services ask elsewhere too; no name leads there.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
    'about:blank',
  ]);
  const { port } = new URL(await endpointOf(browser));
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Message[];
  const socket = new WebSocket(String(targets.find(({ type }) => type === 'page')?.['webSocketDebuggerUrl']));
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const { send, requests, complaints } = listen(socket);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(`${domain}.enable`);
  return {
    requests,
    complaints,
    open: async (url) => void (await send('Page.navigate', { url })),
    async evaluate<Value>(expression: string) {
      const { result } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
      return (result as { value: Value }).value; // as the protocol says
    },
    picture: async () => Buffer.from(String((await send('Page.captureScreenshot'))['data']), 'base64'),
    async close() {
      socket.close();
      const ended = new Promise((resolve) => browser.once('close', resolve));
      browser.kill('SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Resolves with the address that the browser prints when it listens. */
function endpointOf(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    browser.stderr?.on('data', (piece) => {
      text += piece;
      const [, url] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    browser.once('close', () => reject(new Error(`the browser ended: ${text}`)));
  });
}

function listen(socket: WebSocket) {
  const waiting = new Map<number, (result: Message) => void>();
  const requests: string[] = [];
  const complaints: string[] = [];
  let count = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, method, params } = JSON.parse(String(data));
    if (id !== undefined) waiting.get(id)?.(result ?? {});
    if (method === 'Network.requestWillBeSent') requests.push(params.request.url);
    if (method === 'Log.entryAdded')
      complaints.push(`${params.entry.level}: ${params.entry.text} ${params.entry.url ?? ''}`);
    if (method === 'Runtime.exceptionThrown')
      complaints.push(params.exceptionDetails.exception?.description ?? 'error');
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning'].includes(params.type))
      complaints.push(params.args.map((each: Message) => each['value'] ?? each['description']).join(' '));
  });
  const send = (method: string, params: Message = {}) =>
    new Promise<Message>((resolve) => {
      count += 1;
      waiting.set(count, resolve);
      socket.send(JSON.stringify({ id: count, method, params }));
    });
  return { send, requests, complaints };
}
