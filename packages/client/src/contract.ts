/**
 * All that the client knows of the server, and only as types. They are inferred and not annotated, on purpose: so the
 * compiler writes them out in full into the published declarations, which then need nothing of the server.
 */
import type { AppRouter, ErrorCode as ServerErrorCode } from '@tenant-registry/server/router';
import type { AnyProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';

function operationsOf<Groups>() {
  // Nobody reads the value.
  return undefined as unknown as {
    [Group in keyof Groups]: {
      [Name in keyof Groups[Group]]: Groups[Group][Name] extends AnyProcedure
        ? inferProcedureOutput<Groups[Group][Name]> extends AsyncIterable<string>
          ? {
              type: inferProcedureOutput<Groups[Group][Name]> extends { mediaType: 'text/event-stream' }
                ? 'feed'
                : 'export';
              input: inferProcedureInput<Groups[Group][Name]>;
              output: string;
            }
          : {
              type: Groups[Group][Name]['_def']['type'];
              input: inferProcedureInput<Groups[Group][Name]>;
              // It is JSON before it is sent, so it arrives as it was.
              output: inferProcedureOutput<Groups[Group][Name]>;
            }
        : never;
    };
  };
}

function codesOf<Code extends string>() {
  return undefined as unknown as { [Each in Code]: true };
}

/** Each operation: whether it changes something, what it takes and what it gives. A type only. */
export const contract = operationsOf<AppRouter['_def']['record']>();
/** The codes that a problem can have. A type only. */
export const codes = codesOf<ServerErrorCode>();

export type Contract = typeof contract;
/** The closed enum of the codes that the registry answers with. */
export type ErrorCode = keyof typeof codes;
