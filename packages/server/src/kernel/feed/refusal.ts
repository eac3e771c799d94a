/** Refusals of the gate in front of a feed, in the words of streams. */
import { DomainError, type ErrorFactory, kernelErrors } from '../errors.ts';
import type { Gate, GateOptions } from '../gate.ts';

interface Refusing {
  readonly gate: Pick<Gate, 'load'>;
  /** What the gate was made with. */
  readonly options: Pick<GateOptions, 'places'> & { readonly retryAfter: number };
  /** The error of a tenant that has all of its places. */
  readonly tooMany: ErrorFactory;
}

/** Returns `tooMany` for a tenant that has all of its places, `overloaded` when there is none for anyone, and other errors as they are. */
export function refusalOf(error: unknown, { gate, options, tooMany }: Refusing): unknown {
  if (!(error instanceof DomainError) || error.definition.code !== kernelErrors.tenantBusy.definition.code)
    return error;
  const { places, retryAfter } = options;
  return gate.load().running < places ? tooMany({ retryAfter }) : kernelErrors.overloaded({ retryAfter });
}
