/**
 * The answers of the HTTP interface: rate, errors and duration of each route. Every request passes here, the verification of
 * keys above all, so an observation adds to numbers; names and labels are put together when somebody reads them.
 */
import { Counter, type Metric, type MetricValueWithName, type Registry } from 'prom-client';

/** From an answer of memory to one that took as long as an answer may. */
const BOUNDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Those that the interface has; every other one is `other`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface Answered {
  /** The template of the route; of all paths that no route has, one word. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  /** Null: it lasts for as long as its reader stays, so its time says nothing. */
  readonly seconds: number | null;
  /** The code of the problem that it was; null: it was none. */
  readonly problem: string | null;
}

export interface AnswerSeries {
  /** Counts an answer. */
  answered(answer: Answered): void;
}

const LABELS = ['route', 'method', 'status'] as const;
type Label = (typeof LABELS)[number];

/** What was counted of one route, method and class of status. */
interface Cell {
  readonly labels: Readonly<Record<Label, string>>;
  count: number;
  timed: number;
  seconds: number;
  /** Those up to each bound that are above the one before. */
  readonly within: number[];
}

/** Adds the series to the registry. */
export function createAnswerSeries(registry: Registry, prefix: string): AnswerSeries {
  const cells: Cell[] = [];
  const byRoute = new Map<string, Map<string, (Cell | undefined)[]>>();
  new Counter({
    name: `${prefix}http_requests_total`,
    help: 'Answered requests by route, method and class of status.',
    labelNames: LABELS,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of cells) this.inc(labels, count);
    },
  });
  const problems = new Counter({
    name: `${prefix}http_problems_total`,
    help: 'Answers that were problems, by their code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const timed = () => cells.filter((cell) => cell.timed > 0);
  registry.registerMetric(histogramOf(`${prefix}http_request_seconds`, timed));

  function cellOf(route: string, method: string, statusClass: number): Cell {
    const byMethod = entry(byRoute, route, () => new Map<string, (Cell | undefined)[]>());
    const byClass = entry(byMethod, method, (): (Cell | undefined)[] => []);
    const known = byClass[statusClass];
    if (known !== undefined) return known;
    const labels = { route, method, status: `${statusClass}xx` };
    const cell: Cell = { labels, count: 0, timed: 0, seconds: 0, within: BOUNDS.map(() => 0) };
    byClass[statusClass] = cell;
    cells.push(cell);
    return cell;
  }

  return {
    answered({ route, method, status, seconds, problem }) {
      const cell = cellOf(route, METHODS.has(method) ? method : 'other', Math.trunc(status / 100));
      cell.count += 1;
      if (seconds !== null) observe(cell, seconds);
      if (problem !== null) problems.inc({ code: problem });
    },
  };
}

function observe(cell: Cell, seconds: number): void {
  cell.timed += 1;
  cell.seconds += seconds;
  for (let index = 0; index < BOUNDS.length; index += 1) {
    if (seconds > (BOUNDS[index] ?? 0)) continue;
    cell.within[index] = (cell.within[index] ?? 0) + 1;
    return;
  }
}

/** Returns what the map has, made and kept where it is missing. */
function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Returns the histogram of the cells. The library's own puts the text of all labels together for each observation. */
function histogramOf(name: string, cells: () => readonly Cell[]): Metric {
  const help = 'Time from the head of a request to the end of its answer, without answers that last.';
  const about = { name, help, type: 'histogram', aggregator: 'sum' };
  const get = async () => ({ ...about, values: cells().flatMap((cell) => valuesOf(name, cell)) });
  return { ...about, labelNames: LABELS, get } as unknown as Metric; // the registry reads no other member of a metric
}

function valuesOf(name: string, { labels, timed, seconds, within }: Cell): MetricValueWithName<string>[] {
  let count = 0;
  const buckets = BOUNDS.map((bound, index) => {
    count += within[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le: bound, ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: timed },
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: timed },
  ];
}
