/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/** A program said what it expects of a key, or expects something else than before. */
export interface ConfigReaderRegisteredEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_reader.registered';
  /** What `config_reader.registered` tells. */
  data: ConfigReaderRegisteredData;
}

/** What `config_reader.registered` tells. */
export interface ConfigReaderRegisteredData {
  /** The project that it belongs to. */
  project_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key that it reads. */
  key: string;
  /** Names the program. */
  reader: string;
  /** SHA-256 of the JSON of what it expects, as it is stored. */
  sha256: string;
}
