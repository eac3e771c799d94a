// engine: none
/**
 * The generated types are those of the server's code, in both directions, but for the differences that are named here.
 * `tsc` checks them; running this file checks nothing.
 */
import { expectTypeOf, test } from 'vitest';
import type { Events } from '../src/generated/event-types.ts';
import type { Procedures } from '../src/generated/procedures.ts';
import type { ErrorCode, Inputs, Outputs, RegistryEventType } from '../src/index.ts';
import type {
  EventPayloads,
  InferredInputs,
  InferredOutputs,
  InferredProcedures,
  ErrorCode as ServerErrorCode,
} from './inferred-contract.ts';

/** The paths of operations whose types differ, each with the direction that fails. */
type Differences<Generated, Inferred> = {
  [Group in keyof Inferred]: {
    [Name in keyof Inferred[Group]]: Group extends keyof Generated
      ? Name extends keyof Generated[Group]
        ? Difference<Generated[Group][Name], Inferred[Group][Name], `${Group & string}.${Name & string}`>
        : `${Group & string}.${Name & string} is missing`
      : `${Group & string} is missing`;
  }[keyof Inferred[Group]];
}[keyof Inferred];

type Difference<Generated, Inferred, Name extends string> = [Generated] extends [Inferred]
  ? [Inferred] extends [Generated]
    ? never
    : `${Name} is narrower`
  : [Inferred] extends [Generated]
    ? `${Name} is wider`
    : `${Name} is another`;

/** Paths of what the left type has and the right one lacks. */
type Surplus<Left, Right> = {
  [Group in keyof Left]: Group extends keyof Right ? Exclude<keyof Left[Group], keyof Right[Group]> : Group;
}[keyof Left];

test('the operations are those of the router', () => {
  expectTypeOf<Surplus<Inputs, InferredInputs> | Surplus<InferredInputs, Inputs>>().toBeNever();
  expectTypeOf<Surplus<Outputs, InferredOutputs> | Surplus<InferredOutputs, Outputs>>().toBeNever();
});

test('the input of each operation is what the router takes', () => {
  expectTypeOf<Differences<Inputs, InferredInputs>>().toEqualTypeOf<
    // The server also takes one text for a list of one, which the document keeps to itself: it has no unions.
    'claims.keycloak is narrower'
  >();
});

/** The server holds the roles of a user in a list that its code does not change; JSON has one kind of list. */
type WithUser = `users.${'create' | 'list' | 'get' | 'update' | 'deactivate' | 'activate'} is narrower`;

test('the output of each operation is what the router answers', () => {
  expectTypeOf<Differences<Outputs, InferredOutputs>>().toEqualTypeOf<WithUser>();
});

test('an operation is a query of tRPC where it is one of the router, and a mutation elsewhere', () => {
  type Inferred = {
    [Group in keyof Procedures]: Pick<
      InferredProcedures[Group],
      keyof Procedures[Group] & keyof InferredProcedures[Group]
    >;
  };
  expectTypeOf<Differences<Procedures, Inferred> | Surplus<Procedures, Inferred>>().toBeNever();
});

/** Those that tell of a user, with such a list of roles. */
type EventWithUser =
  `told.user.${'activated' | 'created' | 'deactivated' | 'deleted' | 'link_issued' | 'updated'} is narrower`;

test('the events are those that the server records, and tell what it tells', () => {
  type Told = { told: { [Type in keyof Events]: Events[Type]['data'] } };
  expectTypeOf<RegistryEventType>().toEqualTypeOf<keyof EventPayloads>();
  expectTypeOf<Differences<Told, { told: EventPayloads }>>().toEqualTypeOf<EventWithUser>();
});

test('the codes are those of the server', () => {
  expectTypeOf<ErrorCode>().toEqualTypeOf<ServerErrorCode>();
});
