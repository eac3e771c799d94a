/**
 * The answers of the HTTP interface: rate, errors and duration of each route. Every request passes here, the verification of
 * keys above all, so an observation adds to numbers; names and labels are put together when somebody reads them.
 */
import { Counter, type Registry } from 'prom-client';
import { createDistribution, type Distribution, histogramOf } from './distribution.ts';

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
  readonly seconds: Distribution;
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
  const help = 'Time from the head of a request to the end of its answer, without answers that last.';
  const timed = () => cells.filter(({ seconds }) => seconds.count() > 0);
  const shown = () => timed().map(({ labels, seconds }) => ({ labels, distribution: seconds }));
  registry.registerMetric(histogramOf({ name: `${prefix}http_request_seconds`, help, labelNames: LABELS }, shown));

  function cellOf(route: string, method: string, statusClass: number): Cell {
    const byMethod = entry(byRoute, route, () => new Map<string, (Cell | undefined)[]>());
    const byClass = entry(byMethod, method, (): (Cell | undefined)[] => []);
    const known = byClass[statusClass];
    if (known !== undefined) return known;
    const labels = { route, method, status: `${statusClass}xx` };
    const cell: Cell = { labels, count: 0, seconds: createDistribution(BOUNDS) };
    byClass[statusClass] = cell;
    cells.push(cell);
    return cell;
  }

  return {
    answered({ route, method, status, seconds, problem }) {
      const cell = cellOf(route, METHODS.has(method) ? method : 'other', Math.trunc(status / 100));
      cell.count += 1;
      if (seconds !== null) cell.seconds.observe(seconds);
      if (problem !== null) problems.inc({ code: problem });
    },
  };
}

/** Returns what the map has, made and kept where it is missing. */
function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
