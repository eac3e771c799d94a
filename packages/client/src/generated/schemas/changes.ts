/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.changes.stream`. */
export type StreamChangesInput = Record<string, never>;
