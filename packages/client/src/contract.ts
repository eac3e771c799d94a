/**
 * Everything that the client knows about the server, as types alone. They are inferred and not annotated on purpose: the
 * compiler then writes them in full into the published declarations, which need no other package.
 */
import type { AppRouter, EventPayloads, ErrorCode as ServerErrorCode } from '@tenant-registry/server/router';
import type { AnyProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';
import type { OwnStream } from './own-streams.ts';

function operationsOf<Groups>() {
  // Only the type is used.
  return undefined as unknown as {
    // A module that only answers paths outside of /v1 has no operations.
    [Group in keyof Groups as keyof Groups[Group] extends never ? never : Group]: {
      // `subscribe` gives what the subscriptions of tRPC give, over REST.
      [Name in keyof Groups[Group] as Groups[Group][Name] extends { _def: { type: 'subscription' } }
        ? never
        : `${Group & string}.${Name & string}` extends OwnStream
          ? never
          : Name]: Groups[Group][Name] extends AnyProcedure
        ? inferProcedureOutput<Groups[Group][Name]> extends AsyncIterable<string>
          ? {
              type: inferProcedureOutput<Groups[Group][Name]> extends { of: 'events' }
                ? 'events'
                : inferProcedureOutput<Groups[Group][Name]> extends { mediaType: 'text/event-stream' }
                  ? 'feed'
                  : 'export';
              input: inferProcedureInput<Groups[Group][Name]>;
              output: string;
            }
          : {
              type: Groups[Group][Name]['_def']['type'];
              input: inferProcedureInput<Groups[Group][Name]>;
              // The server's output consists of JSON values, so the client receives that type unchanged.
              output: inferProcedureOutput<Groups[Group][Name]>;
            }
        : never;
    };
  };
}

function codesOf<Code extends string>() {
  return undefined as unknown as { [Each in Code]: true };
}

function eventsOf<Payloads>() {
  return undefined as unknown as {
    [Type in keyof Payloads]: {
      /** Equal wherever the event is told: in webhooks, in feeds, in the history and in the audit log. */
      id: string;
      type: Type;
      /** When it happened. */
      timestamp: string;
      /** Null: it is about no tenant, or about all of them. */
      tenant_id: string | null;
      project_id: string | null;
      product: string | null;
      /** The thing that changed. */
      subject: { type: string; id: string };
      /** What the thing became. */
      data: Payloads[Type];
    };
  };
}

/** The type, input and output of each operation. Only the type of this constant is used. */
export const contract = operationsOf<AppRouter['_def']['record']>();
/** The codes of problems. Only the type of this constant is used. */
export const codes = codesOf<ServerErrorCode>();
/** The events by type. Only the type of this constant is used. */
export const events = eventsOf<EventPayloads>();

export type Contract = typeof contract;
/** The error codes of the registry. */
export type ErrorCode = keyof typeof codes;
