/** The `audit` command. Exit codes: 0 done, 1 something was found, 2 the call or the environment was wrong. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type DatabaseConfig,
  embeddedDirectory,
  openDatabase,
  readArguments,
  requireAllRows,
  requireOwnSchema,
  safeMessage,
  UsageError,
} from '@tenant-registry/db';
import { type Config, readConfig } from '../config.ts';
import { systemClock } from '../kernel/clock.ts';
import { parseVerifier, SEED_BYTES, signerOf, type Verifier } from '../modules/audit/tree/note.ts';
import { AnchorsError, type AnchorText, anchorTexts } from '../modules/audit/verify/anchors.ts';
import { type Finding, lineOf } from '../modules/audit/verify/finding.ts';
import { type Verified, verifyAudit } from '../modules/audit/verify/verify.ts';
import { signingKeysOf } from '../sealing-keys.ts';
import { progressOf } from './progress.ts';

const HELP = `audit: proves the audit log, row by row (docs/audit.md).

  audit COMMAND

  verify            compare every row with its leaf, the leaves with tiles and roots, and those with what was signed.
                    It only reads, and the registry may work meanwhile (the embedded engine may not).
  key               print a new seed for AUDIT_SIGNING_KEY, and its verifier under the name AUDIT_ORIGIN or --origin: by that
                    line others check what the seed signs.
  help              this text, as --help.

  --tenant ID       verify: the log of this tenant alone, be it there or deleted, and the log of all checkpoints.
  --against FILE    verify: also compare with what went outside: lines of AUDIT_ANCHOR_FILE, or signed notes. Nothing else can
                    tell that the end of a log, or all of it, was taken away and signed anew.
  --key VKEY        verify: a verifier to trust, for instance of an earlier key; may be repeated. Without it: those of
                    AUDIT_SIGNING_KEY.
  --json            verify: a JSON text a line, one for each finding, and the summary at last.
  --origin NAME     key: instead of AUDIT_ORIGIN. verify: a former name, under which keys of AUDIT_SIGNING_KEY signed before, such as
                    localhost/audit after a move from the first start.

Exit codes: 0 all of it is proved; 1 something was found; 2 the call or the environment was wrong, or the check could not
be ended. Without any key everything but signatures is compared, and the exit code is not 0.
Environment: that of the registry (DATABASE_URL, DATABASE_DIRECT_URL, DATA_DIR, AUDIT_SIGNING_KEY, AUDIT_ORIGIN, …).`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Something had been found already. */
class BrokenOffError extends Error {}

interface Call {
  readonly command: 'verify' | 'key';
  readonly tenant: string | undefined;
  readonly against: string | undefined;
  readonly keys: readonly string[];
  readonly json: boolean;
  readonly origin: string | undefined;
}

/** Reads the command line; null asks for the help text. Throws `UsageError`. */
function readCall(args: string[]): Call | null {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help || command === 'help') return null;
  if (command !== 'verify' && command !== 'key')
    throw new UsageError(command === undefined ? 'a command is missing' : `unknown command "${command}"`);
  if (rest.length > 0) throw new UsageError(`${command}: too many words`);
  const { tenant, against, key: keys, json, origin } = values;
  if (command === 'key' && (tenant !== undefined || against !== undefined || keys.length > 0 || json))
    throw new UsageError('key has the option --origin alone');
  if (tenant !== undefined && !UUID.test(tenant))
    throw new UsageError(`--tenant ${tenant}: it must be the id of a tenant, a UUID`);
  return { command, tenant: tenant?.toLowerCase(), against, keys, json, origin };
}

const parse = (args: string[]) =>
  readArguments(args, {
    tenant: { type: 'string' },
    against: { type: 'string' },
    key: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    origin: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });

function verifiersOf({ keys, origin }: Call, config: Config): Verifier[] {
  const names = [config.auditOrigin, ...(origin === undefined ? [] : [originOf(origin)])];
  const own = signingKeysOf(config).flatMap((seed) =>
    names.map((name) => signerOf(name, Buffer.from(seed, 'hex')).verifier),
  );
  return (keys.length > 0 ? keys : own).map(parseVerifier);
}

function anchorsIn(file: string | undefined): AnchorText[] {
  if (file === undefined) return [];
  try {
    return anchorTexts(readFileSync(file, 'utf8'), basename(file));
  } catch (error) {
    if (error instanceof AnchorsError) throw error;
    throw new UsageError(`--against ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

async function verify(call: Call, config: Config): Promise<number> {
  const verifiers = verifiersOf(call, config);
  const anchors = anchorsIn(call.against);
  const database = await openDatabase(databaseOf(config));
  try {
    await requireOwnSchema(database.db);
    await requireAllRows(database.db);
    const begun = nowMs();
    const progress = progressOf('log', 'leaves');
    let hasFound = false;
    const report = (finding: Finding) => {
      hasFound ||= finding.severity === 'finding';
      progress.end();
      console.log(call.json ? JSON.stringify({ type: 'finding', ...finding }) : lineOf(finding));
    };
    const options = { tenant: call.tenant, verifiers, anchors, report, progress };
    const verified = await verifyAudit(database.db, options).catch((error: unknown) => {
      throw hasFound ? new BrokenOffError(`the check was broken off: ${safeMessage(error)}`) : error;
    });
    progress.end();
    const seconds = (nowMs() - begun) / 1_000;
    console.log(call.json ? JSON.stringify({ type: 'summary', ...verified, seconds }) : summaryOf(verified, seconds));
    return exitCodeOf(verified);
  } finally {
    await database.close();
  }
}

function nowMs(): number {
  return systemClock().getTime();
}

function databaseOf({ databaseUrl, databaseDirectUrl, dataDir }: Config): DatabaseConfig {
  const url = databaseDirectUrl ?? databaseUrl;
  // No statement is too slow here: one of them reads the whole log.
  if (url !== undefined) return { url, statementTimeoutMs: 0, applicationName: 'tenant-registry-audit', log: complain };
  const folder = embeddedDirectory(dataDir);
  if (!existsSync(folder)) throw new UsageError(`there is no database: DATABASE_URL is empty, and ${folder} is absent`);
  return { pglite: { dataDir: folder } };
}

function exitCodeOf({ findings, signatures }: Verified): number {
  if (findings > 0) return 1;
  return signatures === 'checked' ? 0 : 2;
}

function summaryOf(verified: Verified, seconds: number): string {
  const { logs, leaves, checkpoints, anchors, unsigned, findings, notices, signatures } = verified;
  const compared = `${logs} logs, ${leaves} leaves, ${checkpoints} checkpoints and ${anchors} anchors compared in ${seconds} s`;
  if (findings > 0) return `${compared}: ${findings} findings, ${notices} notices. This log is not what it was.`;
  if (signatures !== 'checked') return `${compared}: no findings, but signatures were not checked. Give --key.`;
  const proved = `all of it is proved (${unsigned} leaves are behind the last checkpoint of their log, ${notices} notices)`;
  // Whoever rules over the database can take checkpoints away: the registry then signs what is left as if it were new.
  const within = 'by what this database holds itself. Only --against tells whether an end was cut off';
  return anchors > 0 ? `${compared}: ${proved}.` : `${compared}: ${proved}, ${within}.`;
}

function printKey({ origin }: Call): number {
  const auditOrigin = origin === undefined ? readConfig().auditOrigin : originOf(origin);
  const seed = randomBytes(SEED_BYTES);
  console.log(`AUDIT_SIGNING_KEY=${seed.toString('hex')}`);
  console.log(`verifier, under the name ${auditOrigin}: ${signerOf(auditOrigin, seed).verifier}`);
  return 0;
}

/** Read by the reader of the variable, whose rules for names hold for both. */
function originOf(origin: string): string {
  return readConfig({ AUDIT_ORIGIN: origin }).auditOrigin;
}

function complain(text: string): void {
  console.error(`audit: ${text}`);
}

/** Performs the command with these arguments, and resolves to the exit code. */
export async function auditMain(args: string[]): Promise<number> {
  try {
    const call = readCall(args);
    if (call === null) {
      console.log(HELP);
      return 0;
    }
    return call.command === 'key' ? printKey(call) : await verify(call, readConfig());
  } catch (error) {
    complain(safeMessage(error));
    if (error instanceof UsageError) console.error('Try: tenant-registry audit --help');
    return error instanceof BrokenOffError ? 1 : 2;
  }
}
