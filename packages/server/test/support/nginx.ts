/** nginx as a process of its own, with the configuration of examples/gateways. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

const example = fileURLToPath(new URL('../../../../examples/gateways/nginx/gateway.conf', import.meta.url));

/** Where nginx is; undefined when it is not installed. */
export const nginxPath: string | undefined = [
  '/usr/sbin/nginx',
  ...(process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'nginx')),
].find((path) => {
  try {
    return execFileSync(path, ['-V'], { stdio: 'pipe' }) !== undefined;
  } catch {
    return false;
  }
});

export interface Nginx {
  /** Where clients reach it: no port, so that none can be taken meanwhile. */
  readonly socketPath: string;
  /** The error log. */
  output(): string;
  stop(): Promise<void>;
}

export interface NginxOptions {
  /** Where the registry and the product listen, as host and port. */
  readonly registry: string;
  readonly product: string;
  readonly token: string;
}

/** Starts nginx with the example, in which only the three addresses and the patience are others. Resolves when it listens. */
export async function startNginx({ registry, product, token }: NginxOptions): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const socketPath = join(folder, 'gateway.sock');
  const text = readFileSync(example, 'utf8')
    .replace('127.0.0.1:8090', registry)
    .replace('127.0.0.1:3000', product)
    .replace('127.0.0.1:8080', `unix:${socketPath}`)
    // No machine is too slow for the test.
    .replace(/(proxy_(?:connect|read)_timeout) +\d+s/g, '$1 300s');
  writeFileSync(join(folder, 'gateway.conf'), text);
  writeFileSync(join(folder, 'registry-token.conf'), `proxy_set_header X-Registry-Token "${token}";\n`, {
    mode: 0o600,
  });
  writeFileSync(join(folder, 'nginx.conf'), wrapper(folder));
  const child = spawn(nginxPath ?? 'nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([
    eventually(() => connects(socketPath)),
    ended.then(() => Promise.reject(new Error(`nginx ended: ${output}`))),
  ]);
  return {
    socketPath,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Returns the configuration around a file of conf.d; it writes to no place outside of the folder. */
function wrapper(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  include gateway.conf;
}
`;
}

/** Rejects while it does not listen. */
function connects(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
