/**
 * Runs a command with this repository's own tools: `node scripts/run.mjs [--env] [--cwd <folder>] <command> [arguments…]`.
 *
 * With `--env` the variables of the file .env, if there is one, are there too.
 *
 * Node 20 and npm are all a machine needs. Dependencies are installed when they are missing or no longer match the
 * lockfile; then the command runs with `node_modules/.bin` first on its PATH, so `node` is the version that this
 * repository pins. Plain JavaScript without dependencies, because it is what runs before there are any.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 20;
const REPEAT_MS = 500;
const SOURCES = '--conditions=@tenant-registry/source';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const hasTerminal = [0, 1, 2].some((fd) => isatty(fd));

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.install-stamp');
const lockFile = join(root, '.cache', 'install.lock');

await main(process.argv.slice(2));

async function main(args) {
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
    fail(`this needs Node.js ${NODE_MAJOR_MIN} or newer, and ${process.execPath} is ${process.version}.`);
  }
  if (args[0] === '--env') {
    args.shift();
    const file = join(root, '.env');
    // What the environment says already wins over the file.
    if (existsSync(file)) process.loadEnvFile(file);
  }
  const folder = args[0] === '--cwd' ? resolve(root, args.splice(0, 2)[1] ?? '') : root;
  const [command, ...rest] = args;
  if (command === undefined) fail('usage: node scripts/run.mjs [--env] [--cwd <folder>] <command> [arguments…]', 2);

  if (!isInstalled()) await withLock(install);
  const { code, error } = await run(command, rest, { cwd: folder, env: commandEnv(folder), stdio: 'inherit' });
  if (error) fail(`cannot run ${command}: ${error.message}`, error.code === 'ENOENT' ? 127 : 126);
  process.exit(code);
}

/** Every folder that pnpm-workspace.yaml makes a package, the root first. */
function packageFolders() {
  const inside = (folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => join(folder, name));
  return ['.', 'bench', ...inside('packages'), ...inside('examples')].filter((folder) =>
    existsSync(join(root, folder, 'package.json')),
  );
}

function isInstalled() {
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  // `git clean -xfd packages` leaves the stamp behind and takes the packages' links.
  if (packageFolders().some((folder) => !existsSync(join(root, folder, 'node_modules')))) return false;
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
}

/** Changes whenever an installation could differ. */
function fingerprint() {
  const manifests = packageFolders().map((folder) => join(folder, 'package.json'));
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.cjs', ...manifests]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

async function install() {
  if (isInstalled()) return; // by the process we waited for
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile'];
  const started = Date.now();
  process.stderr.write('Installing dependencies (the first time this can take a minute) … ');

  const target = fingerprint();
  rmSync(stampFile, { force: true }); // an interrupted installation is no installation
  const output = [];
  const { code, error } = await run('npx', args, {
    cwd: root,
    env: installEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    onOutput: (chunk) => output.push(chunk),
  });
  if (error || code !== 0) {
    process.stderr.write(`failed\n\n${Buffer.concat(output).toString().trimEnd()}\n\n`);
    fail(
      `the dependencies could not be installed (npx ${args.join(' ')}: ${error?.message ?? `exit code ${code}`}), so nothing was started.\n` +
        `If a package.json has changed, run "npx ${packageManager} install" and commit pnpm-lock.yaml.`,
      code || 1,
    );
  }
  writeFileSync(stampFile, target);
  process.stderr.write(`done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** Holds off other runs in this working tree; a lock whose process is gone is taken over. */
async function withLock(work) {
  mkdirSync(dirname(lockFile), { recursive: true });
  for (let told = false; !tryLock(); told = true) {
    if (!told) process.stderr.write('Waiting for another command to finish installing dependencies …\n');
    await sleep(200);
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once('exit', release);
  await work();
  process.off('exit', release);
  release();
}

function tryLock() {
  // Written aside and linked into place, so that a lock never exists without its owner's name in it.
  const own = `${lockFile}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lockFile);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    takeAwayIfStale(own);
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function takeAwayIfStale(aside) {
  try {
    const owner = readFileSync(lockFile, 'utf8');
    if (isAlive(Number(owner))) return;
    renameSync(lockFile, aside);
    // Another process was quicker and this is its fresh lock: give it back.
    if (readFileSync(aside, 'utf8') !== owner) linkSync(aside, lockFile);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The environment for npx: the caller's own, so that its registry, proxy and certificates count. */
function installEnv() {
  const env = { ...process.env, CI: 'true', npm_config_loglevel: 'error' };
  delete env.NODE_ENV; // "production" would leave the tools out
  // A half-installed node_modules/.bin/node must not run its own repair.
  const path = (env.PATH ?? '').split(delimiter).filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  return { ...env, PATH: path.join(delimiter) };
}

/** The environment for the command: our tools first, without what npm adds for its own scripts. */
function commandEnv(folder) {
  const own = Object.entries(process.env).filter(([name]) => name !== 'NODE' && !name.startsWith('npm_'));
  const bins = [...new Set([folder, root])].map((base) => join(base, 'node_modules', '.bin'));
  return {
    ...Object.fromEntries(own),
    PATH: [...bins, process.env.PATH ?? ''].join(delimiter),
    // Packages of this repository reach each other's sources; everybody else gets what was built of them.
    NODE_OPTIONS: [process.env.NODE_OPTIONS, SOURCES].filter(Boolean).join(' '),
    // What a process compiles, and the types that it strips, the next one finds: it halves the start of a server.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.cache', 'compile'),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

/** Runs a child to its end, passing signals on; resolves with the exit code that a shell would report. */
function run(command, args, { onOutput, ...options }) {
  return new Promise((done) => {
    const child = spawn(command, args, options);
    const received = new Map();
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the whole foreground group: the child already has it.
      if (signal === 'SIGINT' && hasTerminal) return;
      // npm may deliver one signal twice, and a second one means "now!" to a server that is closing.
      const now = Date.now();
      if (now - (received.get(signal) ?? 0) < REPEAT_MS) return;
      received.set(signal, now);
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const watch = watchParent(() => forward('SIGTERM'));
    const settle = (result) => {
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, forward);
      done(result);
    };
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    child.once('error', (error) => settle({ code: 1, error }));
    child.once('close', (code, signal) => settle({ code: code ?? 128 + constants.signals[signal] }));
  });
}

/** npm runs scripts in a shell that dies of SIGTERM without passing it on: the end of that shell is the signal. */
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, 100);
  return timer;
}

function fail(message, code = 1) {
  console.error(`tenant-registry: ${message}`);
  process.exit(code);
}
