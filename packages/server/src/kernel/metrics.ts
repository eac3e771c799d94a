/** The counters of one app. No label names a tenant, a key or an address: each series is one of few. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gate, GateLoad } from './gate.ts';
import { figuresOf, together } from './metrics/across.ts';
import { createAnswerSeries } from './metrics/answers.ts';
import { createDistribution, type Distribution, histogramOf } from './metrics/distribution.ts';
import { createWorkerSeries } from './metrics/workers.ts';
import type { Figures, Gathered, ProcessGroup } from './process-group.ts';

const PREFIX = 'tenant_registry_';
const ARGON2_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const SETTLE_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Makes the series of one app; each is there from the start, at zero where it has no labels. Modules add their own. With a
 * group, what is told is of all its processes.
 */
export function createMetrics(group?: Pick<ProcessGroup, 'process' | 'gather'>) {
  const registry = new Registry();
  const registers = [registry];
  const gates: ObservedGate[] = [];
  addGateSeries(registers, gates);
  addProcessSeries(registers, group?.process ?? 1);
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const counterBy = <Label extends string>(label: Label, { name, help }: FigureName, values: readonly string[]) => {
    const counts = new Map(values.map((value) => [value, 0]));
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc({ [label]: value } as Record<Label, string>, count);
      },
    });
    // An observation adds to a number: verification counts twice for each request.
    return { inc: (value: string, by = 1): void => void counts.set(value, (counts.get(value) ?? 0) + by) };
  };
  const histogram = <Label extends string>(name: string, help: string, how: HistogramShape<Label>) =>
    new Histogram({ name: PREFIX + name, help, registers, ...how });
  const timing = (name: string, help: string, bounds: readonly number[]) => {
    const distribution = createDistribution(bounds);
    const about = { name: PREFIX + name, help, labelNames: [] };
    registry.registerMetric(histogramOf(about, () => [{ labels: {}, distribution }]));
    return distribution;
  };
  const figures = () => figuresOf(registry, PREFIX);
  return {
    registry,
    /** What this process has to tell. */
    figures,
    /** What there is to tell, in the text format of Prometheus. */
    async text(): Promise<string> {
      if (group === undefined) return registry.metrics();
      const own = await figures();
      const gathered = await group.gather(own);
      return together([own, ...gathered.figures, aboutProcesses(gathered)]).metrics();
    },
    counter,
    /**
     * Adds a counter by a label whose values are known. Each is there at 0 from the start, because the first step of a series
     * that was absent is no growth for Prometheus.
     */
    counterBy,
    histogram,
    /** Adds a histogram without labels, which costs next to nothing to observe. */
    timing,
    /** Adds a figure that is read when it is asked for. */
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name: PREFIX + name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    /** Adds a figure for each value of a label; a value that is absent has no series. */
    gaugeBy<Label extends string>(label: Label, about: FigureName, read: () => Readonly<Record<string, number>>): void {
      new Gauge({
        name: PREFIX + about.name,
        help: about.help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [value, figure] of Object.entries(read()))
            this.set({ [label]: value } as Record<Label, string>, figure);
        },
      });
    },
    /** Adds the one series of what runs, which is 1. */
    buildInfo(labels: Readonly<Record<string, string>>): void {
      const about = { name: `${PREFIX}build_info`, help: 'What runs: always 1.', labelNames: Object.keys(labels) };
      new Gauge({ ...about, registers }).set(labels, 1);
    },
    /** Adds the figures of a gate, under its name. */
    observeGate(gate: ObservedGate): void {
      gates.push(gate);
    },
    /** Adds the figures of the process and of Node; once per process, because they observe it for good. */
    observeProcess(): void {
      collectDefaultMetrics({ register: registry });
    },
    argon2Seconds: histogram('argon2_seconds', 'Time of one argon2id computation, without its wait.', {
      buckets: ARGON2_SECONDS,
      labelNames: ['operation'],
    }),
    rateLimited: counter('rate_limited_total', 'Requests refused because a budget of their caller was used up.', [
      'budget',
    ]),
    leases: createLeaseObserver({ counterBy, timing }),
    answers: createAnswerSeries(registry, PREFIX),
    workers: createWorkerSeries(registry, PREFIX),
  };
}

interface FigureName {
  readonly name: string;
  readonly help: string;
}

/** Something with places that are taken. */
interface ObservedGate extends Pick<Gate, 'name'> {
  load(): Pick<GateLoad, 'running' | 'waiting' | 'refused'>;
}

const PROCESS_UP = {
  name: `${PREFIX}process_up`,
  help: '1 of each process that serves; 0 of one that gave no answer.',
};
const PROCESS_RESTARTS = {
  name: `${PREFIX}process_restarts_total`,
  help: 'Processes of the group that ended by themselves, and were replaced.',
};

function addProcessSeries(registers: Registry[], process: number): void {
  new Gauge({ ...PROCESS_UP, labelNames: ['process'], registers }).set({ process: String(process) }, 1);
  new Counter({ ...PROCESS_RESTARTS, registers });
}

/** What only the group knows of its processes. */
function aboutProcesses({ silent, restarts }: Gathered): Figures {
  const values = silent.map((process) => ({ value: 0, labels: { process: String(process) } }));
  return [
    { ...PROCESS_UP, type: 'gauge', aggregator: 'max', values },
    { ...PROCESS_RESTARTS, type: 'counter', aggregator: 'sum', values: [{ value: restarts, labels: {} }] },
  ];
}

/** The figures of the gates, read when they are asked for. */
function addGateSeries(registers: Registry[], gates: readonly ObservedGate[]): void {
  const about = (name: string, help: string) => ({ name: PREFIX + name, help, labelNames: ['gate'], registers });
  new Gauge({
    ...about('gate_running', 'Places of a gate that are taken.'),
    collect() {
      for (const { name, load } of gates) this.set({ gate: name }, load().running);
    },
  });
  new Gauge({
    ...about('gate_waiting', 'Callers that wait for a place of a gate.'),
    collect() {
      for (const { name, load } of gates) this.set({ gate: name }, load().waiting);
    },
  });
  new Counter({
    ...about('gate_refused_total', 'Callers that a gate refused, with 429 or 503.'),
    collect() {
      this.reset();
      for (const { name, load } of gates) this.inc({ gate: name }, load().refused);
    },
  });
}

interface Series {
  counterBy(label: 'result', about: FigureName, values: readonly string[]): { inc(value: string): void };
  timing(name: string, help: string, bounds: readonly number[]): Distribution;
}

function createLeaseObserver({ counterBy, timing }: Series) {
  const help = 'What became of the lease: renewed, or lost.';
  const renewals = counterBy('result', { name: 'lease_renewals_total', help }, ['renewed', 'lost']);
  const settleHelp = 'Time from the commit of a change until every replica knew of it.';
  const settleSeconds = timing('settle_seconds', settleHelp, SETTLE_SECONDS);
  return {
    renewed: () => renewals.inc('renewed'),
    lost: () => renewals.inc('lost'),
    settled: (seconds: number) => settleSeconds.observe(seconds),
  };
}

interface HistogramShape<Label extends string> {
  readonly buckets: number[];
  readonly labelNames: Label[];
}
