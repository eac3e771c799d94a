/** The process: alone, or the supervisor of several (PROCESSES), or one of these. Exit codes: 0 ended by a signal, 1 failed, 2 the environment was wrong. */
import { redactPasswords } from '@tenant-registry/db';
import closeWithGrace from 'close-with-grace';
import { welcome } from './banner.ts';
import { type Config, ConfigError, readConfig, unknownVariables } from './config.ts';
import { withDevTokens } from './dev-tokens.ts';
import { createLogger } from './kernel/logger.ts';
import { requireAnchorFile } from './modules/audit/sealing/anchors.ts';
import { isMember, processesOf } from './processes/count.ts';
import { runMember } from './processes/member.ts';
import { supervise } from './processes/supervisor.ts';
import { type Listening, startReplica } from './replica.ts';
import { withDevKeys } from './sealing-keys.ts';

type Logger = ReturnType<typeof createLogger>;

async function main(): Promise<void> {
  const given = readConfig();
  // Files that are absent are made here, by the supervisor too, so that all of its processes find the same.
  const config = withDevKeys(withDevTokens(given));
  const logger = createLogger(config.logLevel);
  if (isMember(config)) return runMember(config, logger);
  for (const sentence of unknownVariables()) logger.warn(sentence);
  await requireAnchorFile(config);
  const processes = processesOf(config);
  if (config.databaseUrl === undefined && config.processes === 'auto')
    logger.info(
      'PROCESSES=auto is one process: the embedded engine computes in it, and locks its files against every other',
    );
  const greet = (at: Listening) => {
    if (config.appEnv === 'dev') console.log(welcome({ given, config, ...at }));
  };
  if (processes > 1) await supervise({ config, logger, processes, greet });
  else await serveAlone(config, logger, greet);
}

async function serveAlone(config: Config, logger: Logger, greet: (at: Listening) => void): Promise<void> {
  const replica = await startReplica({ config, logger });
  const { address, internalAddress, engine } = replica;
  greet({ address, internalAddress, engine });
  logger.info({ address, ...(internalAddress && { internalAddress }), engine }, 'ready');
  closeWithGrace({ delay: config.shutdownTimeoutMs, logger }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'ending after an unforeseen error');
    else logger.info({ signal }, 'draining');
    await replica.close();
  });
}

try {
  await main();
} catch (error) {
  console.error(
    `tenant-registry cannot start: ${redactPasswords(error instanceof Error ? error.message : String(error))}`,
  );
  process.exit(error instanceof ConfigError ? 2 : 1);
}
