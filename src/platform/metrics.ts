import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A metric's labels are named once; passing another set does not compile. */
type LabelValues<L extends string> = { [K in L]: string | number };

interface CounterMetric<L extends string> {
  inc(labels: LabelValues<L>, by?: number): void;
}

interface GaugeMetric<L extends string> {
  set(labels: LabelValues<L>, value: number): void;
  add(labels: LabelValues<L>, by: number): void;
}

export interface HistogramMetric<L extends string> {
  observe(labels: LabelValues<L>, value: number): void;
}

interface MetricSpec<L extends string> {
  /** Snake case with the unit at the end, without the prefix `weft_`. */
  name: string;
  help: string;
  labels?: readonly L[];
}

/** One node's metrics. A name can be registered once. */
export interface Metrics {
  counter<L extends string = never>(spec: MetricSpec<L>): CounterMetric<L>;
  gauge<L extends string = never>(spec: MetricSpec<L>): GaugeMetric<L>;
  /** A gauge that is read when the page is rendered. */
  observed(spec: { name: string; help: string; read: () => number }): void;
  histogram<L extends string = never>(spec: MetricSpec<L> & { buckets?: readonly number[] }): HistogramMetric<L>;
  /** The page in Prometheus' text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Seconds; from a cache hit to a long join. Long polls are measured without their waiting time. */
const DURATION_SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** `processMetrics` adds CPU, memory, event loop and garbage collection of the process. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const common = <L extends string>(spec: MetricSpec<L>) => ({
    name: `weft_${spec.name}`,
    help: spec.help,
    labelNames: spec.labels ?? [],
    registers: [registry],
  });
  return {
    counter<L extends string>(spec: MetricSpec<L>) {
      const metric = new Counter<string>(common(spec));
      return { inc: (labels, by = 1) => metric.inc(labels as LabelValues<string>, by) };
    },
    gauge<L extends string>(spec: MetricSpec<L>) {
      const metric = new Gauge<string>(common(spec));
      return {
        set: (labels, value) => metric.set(labels as LabelValues<string>, value),
        add: (labels, by) => metric.inc(labels as LabelValues<string>, by),
      };
    },
    observed(spec) {
      new Gauge({
        ...common(spec),
        collect() {
          this.set(spec.read());
        },
      });
    },
    histogram<L extends string>(spec: MetricSpec<L> & { buckets?: readonly number[] }) {
      const metric = new Histogram<string>({ ...common(spec), buckets: [...(spec.buckets ?? DURATION_SECONDS_BUCKETS)] });
      return { observe: (labels, value) => metric.observe(labels as LabelValues<string>, value) };
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
