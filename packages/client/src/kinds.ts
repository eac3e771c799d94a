/**
 * The kind and the route of each operation, as the manifest in `operations.ts` states them and the compiler checks them.
 * A name after a question mark travels in the query of a request that has a body.
 */
import type { Contract } from './contract.ts';
import type { Page } from './list.ts';

/** The manifest's shape: the kind of every operation in the contract. */
export type Kinds = {
  readonly [Group in keyof Contract]: { readonly [Name in keyof Contract[Group]]: KindOf<Contract[Group][Name]> };
};

/** The kinds that the manifest may give an operation. */
export type KindOf<Operation> = Operation extends { type: 'export' }
  ? `EXPORT /v1/${string}`
  : Operation extends { type: 'feed' }
    ? `FEED /v1/${string}`
    : Operation extends { type: 'events' }
      ? `EVENTS /v1/${string}`
      : OutputOf<Operation> extends Page<unknown>
        ? `LIST /v1/${string}`
        : Operation extends { type: 'mutation' }
          ? `${'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'SAFE'} /v1/${string}`
          : `GET /v1/${string}`;

export type OutputOf<Operation> = Operation extends { output: infer Output } ? Output : never;
