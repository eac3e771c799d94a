/** Turns errors of Fastify, which come before an operation is reached, into errors of the contract. */
import type { FastifyError, FastifyRequest } from 'fastify';
import type { Dependencies } from '../kernel/context.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { DomainError, kernelErrors } from '../kernel/errors.ts';

/** Returns the error to answer with. An error that no rule foresees is logged and told as `internal`. */
export function fromFastify(
  error: FastifyError,
  { constraints }: Dependencies,
  log?: FastifyRequest['log'],
): DomainError {
  if (error instanceof DomainError) return error;
  switch (error.statusCode) {
    case 400:
      if (error.code !== 'FST_ERR_BAD_URL') return kernelErrors.invalidJson({ cause: error });
      return wrongPath(error, 'is not encoded well: a % is written as %25');
    case 413:
      return kernelErrors.bodyTooLarge({ cause: error });
    case 414:
      return wrongPath(error, 'has a part that is too long');
    case 415:
      return kernelErrors.unsupportedMediaType({ cause: error });
    case 503:
      return kernelErrors.overloaded({ cause: error, retryAfter: 1 });
    default:
      log?.error({ err: error }, 'request failed');
      return toDomainError(error, constraints);
  }
}

function wrongPath(cause: unknown, message: string): DomainError {
  return kernelErrors.invalidInput({
    cause,
    detail: `The path ${message}.`,
    errors: [{ pointer: '', in: 'path', message }],
  });
}
