/** What the lanes need of Docker: whether an engine answers, Compose in the form that is installed, and a proxy's image. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs `docker` and returns what it printed. */
export async function docker(...args) {
  const { stdout } = await run('docker', args, { maxBuffer: 1 << 26 });
  return stdout.trim();
}

/** Runs `docker` and returns the exit code with all that it printed, also where that is not 0. */
export async function attempt(...args) {
  return run('docker', args).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
  );
}

/** Whether an engine answers. */
export function answers() {
  return succeeds('docker', ['version', '--format', '{{.Server.Version}}']);
}

/** The command of Compose: the program that DOCKER_COMPOSE names, else Docker's plugin, else docker-compose; or undefined. */
export function composeCommand() {
  const own = process.env.DOCKER_COMPOSE;
  const forms = [...(own ? [[own]] : []), ['docker', 'compose'], ['docker-compose']];
  return forms.find(([command, ...args]) => succeeds(command, [...args, 'version']));
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'pipe', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** Returns an image with HAProxy: the official one where it is there or can be pulled, else one of Debian's packages. */
export async function proxyImage() {
  const official = 'haproxy:2.8';
  const isThere = await attempt('image', 'inspect', official);
  if (isThere.code === 0 || (await attempt('pull', '-q', official)).code === 0) return official;
  const tag = 'tenant-registry-lane-proxy';
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
  try {
    const packages = ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'];
    await run('apt-get', ['download', '-qq', ...packages], { cwd: folder });
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM debian:bookworm-slim
COPY *.deb /tmp/
RUN dpkg --unpack --force-depends /tmp/*.deb && rm /tmp/*.deb && ldconfig && mkdir -p /usr/local/etc/haproxy
`,
    );
    await docker('build', '-q', '-t', tag, folder);
    return tag;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
