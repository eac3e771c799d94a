/** A kind and a route: `LIST /v1/tenants`. A name after a question mark travels in the query of a request that has a body. */
export type Kind = `${string} /v1/${string}`;

/** The operations of the client by their names, in groups. */
export interface Kinds {
  readonly [name: string]: Kind | Kinds;
}
