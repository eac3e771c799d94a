/** What one process of several that serve one port (PROCESSES) tells the others, and asks of them. A process that is alone has none. */
import type { Signal } from './signals.ts';

/** A series with its values, as the library of the metrics writes it for another process. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How the values of several processes become one. */
  readonly aggregator: string;
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

export type Figures = readonly Figure[];

/** What the other processes answered in time. */
export interface Gathered {
  readonly figures: readonly Figures[];
  /** The processes that gave no answer: they hang, or are being replaced. */
  readonly silent: readonly number[];
  /** Processes that ended without having been told to. */
  readonly restarts: number;
}

/** An amount that was counted under a name. */
export type Count = readonly [name: string, amount: number];

export interface ProcessGroup {
  /** Which process of the group this is, from 1 on. A replacement has the number of the one before. */
  readonly process: number;
  /** Tells the process that does the work of all that there is some. */
  passOn(signal: Signal): void;
  /** Tells the own figures, and resolves with those of the others within a second or so, whatever hangs. */
  gather(own: Figures): Promise<Gathered>;
  /** Tells all others what was counted here. */
  share(counts: readonly Count[]): void;
}
