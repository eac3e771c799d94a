/** OTEL_*: where traces go. The names and their meanings are OpenTelemetry's own. */
import { z } from 'zod';
import { defineSettings, variable } from '../settings.ts';

export const tracingSettings = defineSettings({
  variables: {
    OTEL_EXPORTER_OTLP_ENDPOINT: variable(z.url({ protocol: /^https?$/ }).optional(), {
      about:
        'A collector of OpenTelemetry, over HTTP (http://collector:4318): traces of requests, statements and requests to other hosts are sent there. Empty: nothing is traced.',
    }),
    OTEL_EXPORTER_OTLP_HEADERS: variable(z.string().optional(), {
      about: 'Headers for the collector: name=value, separated by commas.',
    }),
    OTEL_SERVICE_NAME: variable(z.string().default('tenant-registry'), { shown: 'tenant-registry' }),
    OTEL_RESOURCE_ATTRIBUTES: variable(z.string().optional(), {
      about: 'What every trace says of this process: name=value, separated by commas.',
    }),
    OTEL_TRACES_SAMPLER: variable(z.string().optional(), {
      about:
        'Which traces are kept, such as parentbased_traceidratio with OTEL_TRACES_SAMPLER_ARG=0.1 for a tenth of those that begin here. Default: all that the caller does not leave out.',
    }),
    OTEL_TRACES_SAMPLER_ARG: variable(z.string().optional(), {}),
  },
  read: (data) => ({
    /** Null: nothing is traced. The library reads the other variables itself. */
    collector:
      data.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : { endpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT, serviceName: data.OTEL_SERVICE_NAME },
  }),
});
