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
      return kernelErrors[error.code === 'FST_ERR_BAD_URL' ? 'invalidInput' : 'invalidJson']({ cause: error });
    case 413:
      return kernelErrors.bodyTooLarge({ cause: error });
    case 414: // one of the parts of the path
      return kernelErrors.invalidInput({ cause: error });
    case 415:
      return kernelErrors.unsupportedMediaType({ cause: error });
    case 503:
      return kernelErrors.overloaded({ cause: error, retryAfter: 1 });
    default:
      log?.error({ err: error }, 'request failed');
      return toDomainError(error, constraints);
  }
}
