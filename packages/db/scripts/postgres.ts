/** `npm run postgres`: a PostgreSQL 16 for development in which the registry can make databases. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { openDatabase } from '../src/database.ts';
import { safeMessage } from '../src/redact.ts';
import { type DevelopmentServer, startDevelopmentServer } from './development-server.ts';

const HELP = `postgres: runs a PostgreSQL 16 for development, in which the registry can make databases.

  npm run -s postgres -- [--port=54329] [--directory=.data]

  --port       the port on 127.0.0.1
  --directory  where everything is kept: the server in postgres/, and in databases/ the URL of the administrator, the
               passwords of databases, and a DATABASES_FILE to begin with, which is left alone once it is there

It runs until Ctrl-C; the data stays. To begin anew, delete both folders.
Exit codes: 0 stopped by a signal, 1 the server failed, 2 the call itself was wrong.
`;

const PORT = 54_329;
const PORT_MAX = 65_535;
const ADMIN = 'registry_admin';

const example = {
  provisioners: {
    local: { kind: 'postgres', admin_url_file: 'admin-url', secrets_directory: 'secrets', sslmode: 'disable' },
  },
  tiers: {
    small: {
      description: 'For development',
      provisioner: 'local',
      spec: { connections: 20, parameters: { work_mem: '8MB' }, extensions: ['pg_trgm'] },
      overrides: { connections: { min: 1, max: 50 } },
    },
  },
};

interface Call {
  readonly port: number;
  readonly directory: string;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const call = read(args);
  if (typeof call === 'string') {
    process.stderr.write(`${call}\n\n${HELP}`);
    return 2;
  }
  if (call === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return await serve(call);
  } catch (error) {
    process.stderr.write(`postgres: ${safeMessage(error)}\n`);
    return 1;
  }
}

/** Returns the call, undefined when help is asked for, or what is wrong with it. */
function read(args: string[]): Call | undefined | string {
  try {
    const options = { port: { type: 'string' }, directory: { type: 'string' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args, options });
    if (values.help) return undefined;
    const port = Number(values.port ?? PORT);
    if (!(Number.isInteger(port) && port >= 1 && port <= PORT_MAX)) return `--port must be between 1 and ${PORT_MAX}`;
    return { port, directory: resolve(root(), values.directory ?? '.data') };
  } catch (error) {
    return safeMessage(error);
  }
}

function root(): string {
  return join(import.meta.dirname, '../../..');
}

async function serve({ port, directory }: Call): Promise<number> {
  const stopping = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  const server = await startDevelopmentServer({ directory: join(directory, 'postgres'), port });
  try {
    const { file, adminUrlFile } = await prepare(server, join(directory, 'databases'));
    process.stdout.write(textOf({ port, file, adminUrlFile }));
    const ended = await Promise.race([stopping.then(() => undefined), server.ended]);
    if (ended !== undefined) throw new Error(`the server ended: ${ended}`);
    return 0;
  } finally {
    await server.stop();
  }
}

function textOf({ port, file, adminUrlFile }: { port: number; file: string; adminUrlFile: string }): string {
  return `PostgreSQL runs on 127.0.0.1:${port}, with its administrator's URL in ${relative(process.cwd(), adminUrlFile)}.
In another terminal:

  DATABASES_FILE=${relative(root(), file)} npm start

Ctrl-C stops it.
`;
}

/** Makes the administrator, unless it is there, and the files that a registry needs. */
async function prepare({ superuserUrl }: DevelopmentServer, folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const adminUrlFile = join(folder, 'admin-url');
  const url = new URL(superuserUrl);
  url.username = ADMIN;
  url.password = existsSync(adminUrlFile) ? passwordIn(adminUrlFile) : randomBytes(24).toString('base64url');
  await ensureAdmin(superuserUrl, url.password);
  writeFileSync(adminUrlFile, `${url.href}\n`, { mode: 0o600 });
  const file = join(folder, 'databases.json');
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(example, null, 2)}\n`);
  return { file, adminUrlFile };
}

function passwordIn(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  if (!URL.canParse(text)) throw new Error(`${file} holds no URL: delete it, then a new one is written`);
  return new URL(text).password;
}

async function ensureAdmin(superuserUrl: string, password: string): Promise<void> {
  const { db, close } = await openDatabase({ url: superuserUrl, connectionsMax: 1 });
  try {
    const { rows } = await sql`select from pg_roles where rolname = ${ADMIN}`.execute(db);
    const verb = sql.raw(rows.length === 0 ? 'create' : 'alter');
    await sql`
      ${verb} role ${sql.id(ADMIN)} login createdb createrole nosuperuser password ${sql.lit(password)}`.execute(db);
    // Logins of databases have nothing to do in the databases of the server.
    await sql`revoke connect on database postgres, template1 from public`.execute(db);
    await sql`grant connect on database postgres to ${sql.id(ADMIN)}`.execute(db);
  } finally {
    await close();
  }
}
