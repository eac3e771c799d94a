/** Reads SAML metadata beside the event loop: bounds first, then a thread behind a gate in which tenants take turns. */
import type { Allowance } from '../../../kernel/allowance.ts';
import { createThread, ThreadTimeout } from '../../../kernel/async/thread.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { createGate, type Gate } from '../../../kernel/gate.ts';
import { idpConfigErrors } from '../errors.ts';
import { boundsMistake } from './bounds.ts';
import type { SamlReading } from './read.ts';
import { digestOf, type SamlSummary } from './summary.ts';

/** A hundred times as long as the slowest document within the bounds takes. */
const TIMEOUT_MS = 2_000;
const MEMORY_MAX_MB = 64;

export interface SamlReader {
  /**
   * Resolves with the summary of the text. Throws `metadata_invalid` for a text that is no EntityDescriptor within the bounds,
   * `rate_limited`, `tenant_busy`, `overloaded`, and the reason of an aborted signal.
   */
  read(xml: string, tenantId: string, signal?: AbortSignal): Promise<SamlSummary>;
  readonly gate: Gate;
  /** Lets the thread end. */
  close(): void;
}

/** Prepares a reader; its thread starts with the first document. Each document that is parsed is one time of the allowance. */
export function createSamlReader(readings: Allowance): SamlReader {
  const gate = createGate({ name: 'saml', places: 1, waitingMax: 64, tenantPlacesMax: 1, tenantWaitingMax: 4 });
  const thread = createThread<string, SamlReading>(new URL('./thread.ts', import.meta.url), {
    timeoutMs: TIMEOUT_MS,
    memoryMaxMb: MEMORY_MAX_MB,
  });
  const ask = async (xml: string) => {
    try {
      return await thread.ask(xml);
    } catch (error) {
      // A document within the bounds is read at once, so the machine is too busy.
      throw error instanceof ThreadTimeout ? kernelErrors.overloaded({ cause: error, retryAfter: 1 }) : error;
    }
  };
  return {
    async read(xml, tenantId, signal) {
      const mistake = boundsMistake(xml);
      if (mistake !== undefined) throw idpConfigErrors.metadataInvalid({ detail: mistake });
      readings.spend(tenantId);
      const reading = await gate.run(tenantId, () => ask(xml), signal === undefined ? {} : { signal });
      if ('mistake' in reading) throw idpConfigErrors.metadataInvalid({ detail: reading.mistake });
      return { xml_sha256: digestOf(xml), ...reading.content };
    },
    gate,
    close: () => thread.retire(),
  };
}
