import type { Attributes, Span, Tracer as OtelTracer } from '@opentelemetry/api';

/** Own spans around the steps that matter (requests, commits, resolution, federation). Off by default: then a call of the function. */
export interface Tracing extends AsyncDisposable {
  readonly enabled: boolean;
  /** Runs `work` inside a span named after the step; a failure is recorded on the span and passed on. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
}

export const tracingOff: Tracing = {
  enabled: false,
  span: (_name, _attributes, work) => work(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

export interface TracingOptions {
  /** OTLP over HTTP, e.g. `http://localhost:4318/v1/traces`. */
  endpoint: string;
  /** Share of new traces that are recorded, 0 to 1; a caller's decision is followed. */
  sampleRatio: number;
  serviceName: string;
}

/** The SDK is loaded here and only here, so that a node without tracing pays nothing for it. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const [{ SpanStatusCode }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }, { AsyncLocalStorageContextManager }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
    ]);
  const { context } = await import('@opentelemetry/api');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.serviceName }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(options.sampleRatio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: options.endpoint }) })],
  });
  const tracer: OtelTracer = provider.getTracer('weft');
  return {
    enabled: true,
    span: (name, attributes, work) => tracer.startActiveSpan(name, { attributes }, (span) => record(span, work, SpanStatusCode.ERROR)),
    async [Symbol.asyncDispose]() {
      await provider.shutdown();
      context.disable();
    },
  };
}

async function record<T>(span: Span, work: () => Promise<T>, errorCode: number): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: errorCode });
    throw error;
  } finally {
    span.end();
  }
}
