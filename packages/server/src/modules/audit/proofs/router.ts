/** Proofs of the audit log on the wire. */
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { proofErrors } from './errors.ts';
import {
  auditCheckpoint,
  auditConsistency,
  auditProof,
  auditVerifiers,
  checkpointInput,
  consistencyInput,
  proofInput,
  verifiersInput,
} from './schema.ts';
import { getAuditCheckpoint, getAuditVerifiers, proveAuditConsistency, proveAuditEvent } from './service.ts';

const on = routes({ tag: 'Audit' });

export const proofProcedures = {
  proof: procedure('audit:read')
    .meta({
      rest: on.list('/v1/audit/{id}/proof', {
        operation: 'get_audit_proof',
        summary: 'Prove an audit event',
        description:
          'Everything that shows that the event is in the log which was signed, checked without trust in the registry (docs/audit.md). An event is sealed within a second and covered by the next checkpoint, within a minute unless the operator says otherwise: until then 409 `not_sealed`.',
        errors: [proofErrors.notSealed, proofErrors.checkpointsOff, proofErrors.sizeUnknown],
      }),
    })
    .input(proofInput)
    .output(auditProof)
    .query(({ ctx, input }) => proveAuditEvent(ctx, input)),

  checkpoint: procedure('audit:read')
    .meta({
      rest: on.list('/v1/audit/checkpoint', {
        operation: 'get_audit_checkpoint',
        summary: 'Get the newest checkpoint of an audit log',
        description:
          'With the proof that the log of all checkpoints has it, so that one checkpoint kept outside covers every tenant.',
        errors: [proofErrors.notSealed, proofErrors.checkpointsOff],
      }),
    })
    .input(checkpointInput)
    .output(auditCheckpoint)
    .query(({ ctx, input }) => getAuditCheckpoint(ctx, input)),

  consistency: procedure('audit:read')
    .meta({
      rest: on.list('/v1/audit/consistency', {
        operation: 'get_audit_consistency',
        summary: 'Prove that an audit log only grew',
        description:
          'From the size of a checkpoint that you hold to a later one: nothing before was changed, removed or put in.',
        errors: [proofErrors.notSealed, proofErrors.checkpointsOff, proofErrors.sizeUnknown],
      }),
    })
    .input(consistencyInput)
    .output(auditConsistency)
    .query(({ ctx, input }) => proveAuditConsistency(ctx, input)),

  verifiers: procedure('audit:read')
    .meta({
      rest: on.list('/v1/audit/verifiers', {
        operation: 'get_audit_verifiers',
        summary: 'Get the keys that checkpoints are checked with',
        description:
          'Several while keys rotate. A key that comes from the server which is to be checked proves little: compare it with the one that you were given another way.',
      }),
    })
    .input(verifiersInput)
    .output(auditVerifiers)
    .query(({ ctx }) => getAuditVerifiers(ctx)),
} as const;
