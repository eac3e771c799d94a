/** An API of Kubernetes for tests: the stand-in, or the one that KUBE_API_URL names (with KUBE_API_TOKEN and KUBE_API_CA). */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { crdsFolder, loadCrds } from '../../src/testing/kube/crds.ts';
import { startKubeApi } from '../../src/testing/kube/server.ts';

export interface TestApi {
  readonly url: string;
  readonly token: string;
  readonly ca: string | undefined;
  close(): Promise<void>;
}

export interface ApiUnderTest {
  readonly name: string;
  readonly there: boolean;
  open(): Promise<TestApi>;
}

const { KUBE_API_URL, KUBE_API_TOKEN = '', KUBE_API_CA } = process.env;
const folder = crdsFolder();

/** Both APIs; a test is skipped by the name of the one that is not there. */
export const APIS: readonly ApiUnderTest[] = [
  {
    name: 'the stand-in',
    there: folder !== undefined,
    async open() {
      const { url, token, close } = await startKubeApi({ types: loadCrds(folder ?? '') });
      return { url, token, ca: undefined, close };
    },
  },
  {
    name: 'KUBE_API_URL',
    there: KUBE_API_URL !== undefined,
    open: async () => ({
      url: KUBE_API_URL ?? '',
      token: KUBE_API_TOKEN,
      ca: KUBE_API_CA === undefined ? undefined : readFileSync(KUBE_API_CA, 'utf8'),
      close: async () => {},
    }),
  },
];

/** Sends a request as a person with all rights, and returns the answer. Throws when the API refuses it. */
export async function send({ url, token, ca }: TestApi, method: string, path: string, body?: object): Promise<unknown> {
  const speaks = url.startsWith('https:') ? https : http;
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': bytes.length,
  };
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = speaks.request(new URL(path, url), { method, headers, ...(ca !== undefined && { ca }) }, resolve);
    request.on('error', reject).end(bytes);
  });
  const said = await text(answer);
  if ((answer.statusCode ?? 500) > 299) throw new Error(`${method} ${path}: ${said}`);
  return JSON.parse(said);
}
