/** JSON Schemas, compiled and tried with bounds on what they cost. */

/** A mistake at a place of the content, or of the schema; `pointer` is a JSON pointer (RFC 6901), '' for the whole. */
export interface Mistake {
  readonly pointer: string;
  readonly message: string;
}

/** An operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string };

export interface ContentToTry {
  readonly schema: string;
  readonly content: unknown;
}

export interface ContentsToTry {
  readonly schema: string;
  /** In batches. */
  readonly contents: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>;
}

/** All may throw what bounds them: `validation_too_costly`, `rate_limited` for a tenant with three of those in a minute, `tenant_busy`, and `overloaded`. */
export interface JsonSchemas {
  /** Resolves when the text is a usable JSON Schema 2020-12. Throws `schema_invalid` with pointers under `/content`. */
  check(tenantId: string, schema: string): Promise<void>;
  /** Returns at most 20 mistakes of the content, none when it is valid. Throws `schema_invalid`. */
  validate(tenantId: string, asked: ContentToTry): Promise<readonly Mistake[]>;
  /**
   * Tries one schema on many contents and yields, for each list of contents, the mistakes of each content in order, at most
   * 20 each. Others get the thread between batches. Throws `schema_invalid`.
   */
  validateEach(tenantId: string, asked: ContentsToTry): AsyncGenerator<readonly (readonly Mistake[])[]>;
  /**
   * Returns the operations of RFC 6902 that make `to` out of `from`; one that replaces all where further ones would cost too
   * much, and for a minute after three such costs of the tenant. Throws `tenant_busy` and `overloaded` alone.
   */
  diff(tenantId: string, from: unknown, to: unknown): Promise<readonly PatchOperation[]>;
  /** Lets the threads end. */
  close(): void;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly jsonSchemas: JsonSchemas;
  }
}
