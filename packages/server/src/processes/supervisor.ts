/**
 * Starts the processes of a group, and sees that they are there until all are to end. It accepts the connections and gives
 * them to the processes in turn, and does nothing else of the work (docs/decisions/0045-processes.md).
 */
import cluster from 'node:cluster';
import { type Listening, migrateAlone } from '../replica.ts';
import { begin, dismiss, place, replace, StartError } from './begin.ts';
import { createGroup, end, type Group, type GroupOptions, isStopping, pidsOf, serving } from './group.ts';
import { watchListeningSockets } from './listening-sockets.ts';
import { ENDING_SIGNALS } from './messages.ts';

interface Supervision extends GroupOptions {
  /** Called once, when all listen. */
  readonly greet: (at: Listening) => void;
}

/** For what comes after the end of this process. */
const never = new Promise<never>(() => {});

/**
 * Runs the group until a signal ends it; resolves when all processes listen. Ends this process: with 0 after a signal, with
 * 1 when not all ended well, or as a process ended that could not start.
 */
export async function supervise({ greet, ...options }: Supervision): Promise<void> {
  const { config, logger, processes } = options;
  await migrateAlone(config, (message) => logger.error(message));
  cluster.schedulingPolicy = cluster.SCHED_RR;
  // JSON would make null of the figures that are no numbers.
  cluster.setupPrimary({ serialization: 'advanced' });
  const group = createGroup(options);
  const closeSockets = watchListeningSockets();
  const stop = (signal: string) => void stopAll(group, signal, closeSockets);
  const roll = restarter(group);
  for (const signal of ENDING_SIGNALS) process.on(signal, stop);
  // A terminal that is closed says so too.
  process.on('SIGHUP', process.stdin.isTTY ? stop : () => void roll());
  const at = await startAll(group);
  greet(at);
  const { address, internalAddress, engine } = at;
  const connectionsMax = processes * (config.databaseConnectionsMax + 1);
  const said = { address, ...(internalAddress && { internalAddress }), engine, processes, pids: pidsOf(group) };
  logger.info({ ...said, connectionsMax }, 'ready');
}

/** The first begins alone, so that what is wrong with the environment or the database is said once. */
async function startAll(group: Group): Promise<Listening> {
  try {
    place(group, await begin(group, 1));
    if (isStopping(group)) return await never;
    const others = Array.from({ length: group.processes - 1 }, (_, index) => begin(group, index + 2));
    for (const member of await Promise.all(others)) place(group, member);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return isStopping(group) ? await never : end(group, error.code);
  }
  if (isStopping(group)) return await never;
  group.phase = 'serving';
  return serving(group).at(0)?.listening ?? end(group, 1);
}

async function stopAll(group: Group, signal: string, closeSockets: () => Promise<void>): Promise<void> {
  const { logger, members } = group;
  if (isStopping(group)) {
    logger.error({ signal }, 'told to end twice: the processes are killed');
    end(group, 1);
  }
  group.phase = 'stopping';
  await closeSockets();
  logger.info({ signal }, 'draining');
  const codes = await Promise.all([...members].map((member) => dismiss(group, member)));
  end(group, codes.every((code) => code === 0) ? 0 : 1);
}

/** Returns what replaces all processes, one after the other. */
function restarter(group: Group): () => Promise<void> {
  const { logger, processes, places } = group;
  let isRolling = false;
  return async () => {
    if (group.phase !== 'serving' || isRolling)
      return logger.warn('no restart in turn now: the group starts, ends, or has one under way');
    isRolling = true;
    logger.info('the processes are replaced one after the other');
    try {
      for (let number = 1; number <= processes && !isStopping(group); number += 1) {
        const old = places.get(number);
        if (old !== undefined) await replace(group, old);
      }
      if (!isStopping(group)) logger.info({ pids: pidsOf(group) }, 'the processes were replaced');
    } catch (err) {
      if (!isStopping(group)) logger.error({ err }, 'a process could not be replaced: the others stay as they are');
    } finally {
      isRolling = false;
    }
  };
}
