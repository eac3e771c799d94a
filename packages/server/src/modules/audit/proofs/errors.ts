import { defineError } from '../../../kernel/errors.ts';

export const proofErrors = {
  notSealed: defineError({
    code: 'not_sealed',
    status: 'CONFLICT',
    detail: 'No checkpoint covers this yet: wait as long as Retry-After says.',
  }),
  checkpointsOff: defineError({
    code: 'checkpoints_off',
    status: 'CONFLICT',
    detail: 'No checkpoint covers this, and the registry signs none: its operator has to set AUDIT_SIGNING_KEY.',
  }),
  sizeUnknown: defineError({
    code: 'size_unknown',
    status: 'NOT_FOUND',
    detail: 'The log had no such size when it was signed, or the event is not among so many: see errors.',
    example: { errors: [{ pointer: '/size', in: 'query', message: 'no checkpoint has this size' }] },
  }),
} as const;
