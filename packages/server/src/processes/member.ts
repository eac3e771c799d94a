/** One process of a group: a replica that its supervisor starts, asks and ends. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import closeWithGrace from 'close-with-grace';
import type { Config } from '../config.ts';
import type { createLogger } from '../kernel/logger.ts';
import type { Gathered, ProcessGroup } from '../kernel/process-group.ts';
import type { Signal } from '../kernel/signals.ts';
import { type Replica, startReplica } from '../replica.ts';
import { ENDING_SIGNALS, type Order, type Report } from './messages.ts';

/** Signals of one kind that come within this time are passed on once. */
const PASS_ON_MS = 2;
/** Longer than the supervisor waits for the others. */
const GATHER_MS = 2_000;

/** Serves until the supervisor says stop, or is gone. */
export async function runMember(config: Config, parent: ReturnType<typeof createLogger>): Promise<void> {
  let stop = (): void => process.exit(0);
  // Told to all processes of a terminal, for the supervisor alone.
  process.on('SIGHUP', () => {});
  const early = (order: Order) => {
    if (order.kind === 'stop') stop();
  };
  process.on('message', early);
  // The supervisor's end is no reason to cut off what is under way.
  cluster.worker?.on('disconnect', () => {
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
    stop();
  });
  const number = await numberOf();
  const logger = parent.child({ process: number });
  const link = linkOf(number);
  const replica = await startReplica({ config, logger, group: link.group });
  let isStopping = false;
  const closing = closeWithGrace(
    { delay: config.shutdownTimeoutMs, logger, skip: ['SIGHUP', ...ENDING_SIGNALS] },
    async ({ err }) => {
      isStopping = true;
      if (err) logger.fatal({ err }, 'ending after an unforeseen error');
      else logger.info('draining');
      // Another process begins with it now.
      replica.app.follow();
      await replica.close();
      await say({ kind: 'farewell', figures: await replica.app.deps.metrics.figures() });
    },
  );
  stop = () => {
    if (!isStopping) closing.close();
  };
  process.off('message', early);
  process.on('message', (order: Order) => obey(order, { replica, link, stop }));
  // A terminal and systemd tell all processes, and the supervisor has something to do before these end.
  for (const signal of ENDING_SIGNALS) process.on(signal, () => void say({ kind: 'leaving' }));
  const { address, internalAddress, engine } = replica;
  await say({ kind: 'listening', address, internalAddress, engine });
}

async function numberOf(): Promise<number> {
  const [order] = (await once(process, 'message')) as [Order];
  if (order.kind !== 'begin') throw new Error(`the supervisor began with ${order.kind}`);
  return order.process;
}

/** Resolves when it is sent, or cannot be: then the supervisor is gone, and this process ends by that. */
function say(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(report, undefined, undefined, () => resolve());
  });
}

interface Link {
  readonly group: ProcessGroup;
  /** The supervisor's answer to a question. */
  answered(question: number, gathered: Gathered): void;
}

function linkOf(number: number): Link {
  const waiting = new Map<number, (gathered: Gathered) => void>();
  const signals = new Set<Signal>();
  let questions = 0;
  const passAll = () => {
    for (const signal of signals) void say({ kind: 'signal', signal });
    signals.clear();
  };
  const group: ProcessGroup = {
    process: number,
    passOn(signal) {
      if (signals.size === 0) setTimeout(passAll, PASS_ON_MS);
      signals.add(signal);
    },
    gather(own) {
      questions += 1;
      const question = questions;
      return new Promise((resolve) => {
        const answer = (gathered: Gathered) => {
          clearTimeout(timer);
          waiting.delete(question);
          resolve(gathered);
        };
        // The supervisor hangs, or is gone: then this process can speak for itself alone.
        const timer = setTimeout(answer, GATHER_MS, { figures: [], silent: [], restarts: 0 });
        waiting.set(question, answer);
        void say({ kind: 'gather', question, own });
      });
    },
    share: (counts) => void say({ kind: 'counts', counts }),
  };
  return { group, answered: (question, gathered) => waiting.get(question)?.(gathered) };
}

interface Obeying {
  readonly replica: Replica;
  readonly link: Link;
  readonly stop: () => void;
}

function obey(order: Order, { replica, link, stop }: Obeying): void {
  const { app } = replica;
  const { logger, signals, sharedCounts, metrics } = app.deps;
  switch (order.kind) {
    case 'begin':
      break;
    case 'lead':
      logger.info('this process does the background work of all');
      app.lead();
      break;
    case 'stop':
      stop();
      break;
    case 'signal':
      signals.hear(order.signal);
      break;
    case 'tell_figures':
      void tellFigures(metrics, order.question);
      break;
    case 'gathered':
      link.answered(order.question, order.gathered);
      break;
    case 'counts':
      sharedCounts?.hear(order.counts);
      break;
    default:
      order satisfies never;
  }
}

async function tellFigures(metrics: Replica['app']['deps']['metrics'], question: number): Promise<void> {
  await say({ kind: 'figures', question, figures: await metrics.figures() });
}
