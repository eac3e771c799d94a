/** Looks for every secret that a test server was given or gave away, everywhere that it must not be. */
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';
import { SECRET_EXAMPLE } from '../../src/modules/webhooks/schema.ts';

export interface Traces {
  readonly secrets: ReadonlySet<string>;
  readonly logs: readonly string[];
  /** The text of every answer, without a key that it was there to show. */
  readonly answers: readonly string[];
  /** The text of `/metrics`. */
  readonly metrics: string;
  readonly db: Db;
}

/** What browsers send and are given on sign-in. */
interface Exchange {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const COOKIE = /__Host-tr_session=([\w-]{20,})/;
const SECRET_FIELDS = ['password', 'current', 'new', 'token', 'secret'];
/** Shorter ones are refused as passwords, and are words that may stand anywhere. */
const PASSWORD_MIN = 12;

/** Returns the cookies, passwords and tokens of links that a request sent or an answer gave. */
export function secretsIn({ body, headers = {} }: Exchange, answer: { readonly headers: Headers }): string[] {
  const cookies = [headers['cookie'], answer.headers.get('set-cookie')].flatMap(
    (text) => COOKIE.exec(text ?? '')?.[1] ?? [],
  );
  const sent = Object.entries(typeof body === 'object' && body !== null ? body : {});
  const secret = ([field, value]: [string, unknown]) =>
    SECRET_FIELDS.includes(field) && typeof value === 'string' && value.length >= PASSWORD_MIN && !value.includes('@');
  return [...cookies, ...sent.filter(secret).map(([, value]) => String(value))];
}

/**
 * An API key, a JWT by the first member of its header, or what signs webhooks. None is looked for inside the digests that
 * rows hold.
 */
const SHAPES = /(?:^|[^A-Za-z0-9_-])(?:bp_[A-Za-z0-9_-]{22}|eyJ(?:hbGci|0eXAi|raWQi)|wh(?:sec|sk)_[A-Za-z0-9+/]{32})/;
/** Of these, a secret of a webhook or the seed of its key: in log lines and answers too, beyond what is there to be shown. */
const SIGNING = /wh(sec|sk)_[A-Za-z0-9+/]{32}/;

/** Throws, naming the place and never the secret, when one is in a log line, an answer, a metric, an audit row, an event or a stored answer. */
export async function refuseLeaks({ secrets, logs, answers, metrics, db }: Traces): Promise<void> {
  const leaks: string[] = [];
  const [beginInLogs, beginInAnswers] = [byBeginning(logs), byBeginning(answers)];
  for (const secret of secrets) {
    const kind = secret.slice(0, 3);
    const within = (texts: readonly string[]) => texts.find((text) => text.includes(secret))?.replaceAll(secret, '[…]');
    const [log, answer] = [within(beginInLogs(secret)), within(beginInAnswers(secret))];
    if (log !== undefined) leaks.push(`a log line has a secret (${kind}…): ${log}`);
    if (answer !== undefined) leaks.push(`an answer has a secret (${kind}…): ${answer}`);
    if (metrics.includes(secret)) leaks.push(`the metrics have a secret (${kind}…)`);
  }
  const signing = [...logs.map((text) => ['a log line', text]), ...answers.map((text) => ['an answer', text])]
    .filter(([, text = '']) => SIGNING.test(text.replaceAll(SECRET_EXAMPLE, '')))
    .map(([place]) => `${place} has a secret that signs webhooks`);
  leaks.push(...new Set(signing));
  const unquoted = [...secrets].filter((secret) => /^[\w -]+$/.test(secret));
  for (const table of [
    'audit_log',
    'outbox_events',
    'events',
    'idempotency_keys',
    'webhook_endpoints',
    'webhook_secrets',
    'databases',
    'database_work',
  ])
    leaks.push(...(await rowsWith(db, table, unquoted)));
  if (leaks.length > 0) throw new Error(`secrets leaked:\n${leaks.join('\n')}`);
}

/**
 * Returns the function that finds the texts which have the first three characters of a secret: no other text can have the
 * secret. A file may have made thousands of tokens, which all begin alike, and as many answers without any of them.
 */
function byBeginning(texts: readonly string[]): (secret: string) => readonly string[] {
  const found = new Map<string, readonly string[]>();
  return (secret) => {
    const beginning = secret.slice(0, 3);
    const known = found.get(beginning) ?? texts.filter((text) => text.includes(beginning));
    found.set(beginning, known);
    return known;
  };
}

/** A secret that a row has is looked for in all rows at once: thousands of secrets are a pattern that costs minutes. */
async function rowsWith(db: Db, table: string, secrets: readonly string[]): Promise<string[]> {
  const rows = await textsOf(db, table);
  const all = rows.join('\n');
  const there = secrets.filter((secret) => all.includes(secret));
  const leaking = rows.filter((row) => SHAPES.test(row) || there.some((secret) => row.includes(secret)));
  return leaking.length === 0 ? [] : [`${leaking.length} rows of ${table} have a secret`];
}

/** A test may have taken the table or the database away: then it holds nothing any more. */
async function textsOf(db: Db, table: string): Promise<string[]> {
  try {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(table)} as t`.execute(db);
    return rows.map(({ row }) => row);
  } catch {
    return [];
  }
}
