/** Histograms for what every request observes: an observation adds to numbers, and text is made when somebody reads them. */
import type { Metric, MetricValueWithName } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface Distribution {
  observe(value: number): void;
  /** How many were observed. */
  count(): number;
  /** The series of a histogram with these labels. */
  values(name: string, labels: Labels): MetricValueWithName<string>[];
}

/** Makes a distribution over buckets that end at these bounds, in rising order. */
export function createDistribution(bounds: readonly number[]): Distribution {
  let observed = 0;
  let sum = 0;
  /** Those up to each bound that are above the one before. */
  const within = bounds.map(() => 0);
  return {
    observe(value) {
      observed += 1;
      sum += value;
      for (let index = 0; index < bounds.length; index += 1) {
        if (value > (bounds[index] ?? 0)) continue;
        within[index] = (within[index] ?? 0) + 1;
        return;
      }
    },
    count: () => observed,
    values(name, labels) {
      let below = 0;
      const buckets = bounds.map((bound, index) => {
        below += within[index] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le: bound, ...labels }, value: below };
      });
      return [
        ...buckets,
        { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: observed },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: observed },
      ];
    },
  };
}

interface About {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

interface Labelled {
  readonly labels: Labels;
  readonly distribution: Distribution;
}

/** Returns the histogram of the distributions. The library's own puts the text of all labels together for each observation. */
export function histogramOf({ labelNames, ...named }: About, distributions: () => readonly Labelled[]): Metric {
  const about = { ...named, type: 'histogram', aggregator: 'sum' };
  const values = () => distributions().flatMap(({ labels, distribution }) => distribution.values(about.name, labels));
  const get = async () => ({ ...about, values: values() });
  return { ...about, labelNames, get } as unknown as Metric; // the registry reads no other member of a metric
}
