// engine: postgres
/** Runs the examples as their readme describes, against a real server. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import { startTestServer, type TestServer } from '../../server/test/support/server.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const lives = [
  ['examples/portal', process.execPath, `${examples}/portal/src/main.ts`],
  ['examples/curl.sh', 'bash', `${examples}/curl.sh`],
] as const;
const product = ['examples/product', process.execPath, `${examples}/product/src/main.ts`] as const;
const databases = ['examples/databases', process.execPath, `${examples}/databases/src/main.ts`] as const;
const network = ['examples/network.sh', 'bash', `${examples}/network.sh`] as const;
const commands = [...lives, product, databases, network];
const ENDS_WITHIN_MS = 60_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.app.deps.leases.start();
});
afterAll(() => server.close());

function run([, file, ...args]: readonly [string, string, ...string[]], variables: Record<string, string>) {
  const env = {
    ...childEnv(),
    URL: server.url,
    INTERNAL_TOKEN: server.internalToken,
    ...variables,
  };
  return promisify(execFile)(file, args, { env, timeout: ENDS_WITHIN_MS });
}

// proves A73
test.each(lives)(
  '%s takes a tenant from its creation to its end, and prints each step',
  async (...command) => {
    const { stdout, stderr } = await run(command, { OPERATOR_TOKEN: server.operatorToken });
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('That was the whole life of a tenant.');
    expect(lines.length).toBeGreaterThan(20);
  },
  ENDS_WITHIN_MS,
);

test(
  'examples/product admits a request with a good key, and none with a missing, weak or revoked key, or about another project',
  async () => {
    const { stdout, stderr } = await run(product, { OPERATOR_TOKEN: server.operatorToken });
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('The product admitted only requests with a good key.');
    const statuses = [...stdout.matchAll(/: (\d{3}) /g)].map(([, status]) => status);
    expect(statuses).toEqual(['401', '200', '403', '200', '403', '401']);
  },
  ENDS_WITHIN_MS,
);

// proves C23, C25, C26
test(
  'examples/network.sh gives ten machines of two projects an address each, and tells how much is used and who had one',
  async () => {
    const { stdout, stderr } = await run(network, { OPERATOR_TOKEN: server.operatorToken });
    expect(stderr).toBe('');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^ *\d+\. /, ''));
    expect(lines.at(-1)).toBe('That was a network of ten machines.');
    expect(lines.filter((line) => line.startsWith('edge-'))).toEqual([
      'edge-0 is ready at 10.20.0.65',
      'edge-1 is ready at 10.20.0.33',
      'edge-2 is ready at 10.20.0.66',
      'edge-3 is ready at 10.20.0.34',
      'edge-4 is ready at 10.20.0.67',
      'edge-5 is ready at 10.20.0.35',
      'edge-6 is ready at 10.20.0.68',
      'edge-7 is ready at 10.20.0.36',
      'edge-8 is ready at 10.20.0.69',
      'edge-9 is ready at 10.20.0.37',
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^usage: 10 of \d+ addresses, the largest free part is a \/25$/),
    );
  },
  ENDS_WITHIN_MS,
);

test.each(commands)(
  '%s ends at the first answer that is not the expected one, and quotes no token',
  async (...command) => {
    const OPERATOR_TOKEN = 'not_the_token_of_the_operator';
    const error = await run(command, { OPERATOR_TOKEN }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('unauthenticated') });
    expect(JSON.stringify(error)).not.toContain(OPERATOR_TOKEN);
  },
);

test.each(commands)('%s names the environment variables that it needs', async (...command) => {
  const error = await run(command, { OPERATOR_TOKEN: '' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 1, stderr: expect.stringContaining('OPERATOR_TOKEN') });
});
