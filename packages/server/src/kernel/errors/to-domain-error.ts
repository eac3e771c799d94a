/** Turns every thrown value into the error that the caller may see. */
import { TRPCError } from '@trpc/server';
import { DomainError, type ErrorFactory, kernelErrors } from '../errors.ts';
import { fromDatabase } from './from-database.ts';

const byTrpcCode: Readonly<Partial<Record<TRPCError['code'], ErrorFactory>>> = {
  PARSE_ERROR: kernelErrors.invalidJson,
  BAD_REQUEST: kernelErrors.invalidInput,
  NOT_FOUND: kernelErrors.routeNotFound,
  METHOD_NOT_SUPPORTED: kernelErrors.methodNotAllowed,
  UNSUPPORTED_MEDIA_TYPE: kernelErrors.unsupportedMediaType,
  PAYLOAD_TOO_LARGE: kernelErrors.bodyTooLarge,
};

/** Returns the error to answer with. An unforeseen one becomes `internal`, with the original as its cause. */
export function toDomainError(error: unknown, constraints: ReadonlyMap<string, ErrorFactory>): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof TRPCError) return fromTrpc(error, constraints);
  return fromDatabase(error, constraints) ?? kernelErrors.internal({ cause: error });
}

function fromTrpc(error: TRPCError, constraints: ReadonlyMap<string, ErrorFactory>): DomainError {
  if (error.cause instanceof DomainError) return error.cause;
  if (error.code === 'BAD_REQUEST' && error.cause instanceof SyntaxError) {
    return kernelErrors.invalidJson({ cause: error });
  }
  const known = byTrpcCode[error.code];
  if (known !== undefined) return known({ cause: error });
  return error.cause === undefined ? kernelErrors.internal({ cause: error }) : toDomainError(error.cause, constraints);
}
