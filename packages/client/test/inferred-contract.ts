/** What the compiler infers of the router's operations, events and errors, to compare with what is generated. */
import type { AppRouter, ErrorCode, EventPayloads } from '@tenant-registry/server/router';
import type { AnyProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';
import type { ownStreams } from '../scripts/manifest.ts';

export type { ErrorCode, EventPayloads };

type OwnStream = (typeof ownStreams)[number];
type Groups = AppRouter['_def']['record'];

/** The names of a group's operations. `subscribe` gives what the subscriptions of tRPC give, over REST. */
type NamesIn<Group extends keyof Groups> = {
  [Name in keyof Groups[Group]]: Groups[Group][Name] extends { _def: { type: 'subscription' } }
    ? never
    : `${Group}.${Name & string}` extends OwnStream
      ? never
      : Name;
}[keyof Groups[Group]];

/** The input of each operation. A module that only answers paths outside of /v1 has no operations. */
export type InferredInputs = {
  [Group in keyof Groups as keyof Groups[Group] extends never ? never : Group]: {
    [Name in NamesIn<Group>]: Groups[Group][Name] extends AnyProcedure
      ? inferProcedureInput<Groups[Group][Name]>
      : never;
  };
};

/** Whether each operation is a query or a mutation of tRPC. */
export type InferredProcedures = {
  [Group in keyof Groups as keyof Groups[Group] extends never ? never : Group]: {
    [Name in NamesIn<Group>]: Groups[Group][Name] extends AnyProcedure ? Groups[Group][Name]['_def']['type'] : never;
  };
};

/** The output of each operation; that of a stream is text. */
export type InferredOutputs = {
  [Group in keyof Groups as keyof Groups[Group] extends never ? never : Group]: {
    [Name in NamesIn<Group>]: Groups[Group][Name] extends AnyProcedure
      ? inferProcedureOutput<Groups[Group][Name]> extends AsyncIterable<string>
        ? string
        : inferProcedureOutput<Groups[Group][Name]>
      : never;
  };
};
