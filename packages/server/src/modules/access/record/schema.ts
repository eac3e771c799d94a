/** The shapes of what the audit log keeps of who came in, and who did not. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { id, timestamp } from '../../../kernel/schema.ts';

const many = {
  count: z.int(),
  first_at: timestamp,
  last_at: timestamp,
};

const failed = z.object({ credential: z.string(), reason: z.string(), source_ip: z.string(), ...many });
const denied = z.object({ tenant_id: id.nullable(), permission: z.string(), procedure: z.string(), ...many });
const used = z.object({
  tenant_id: id.nullable(),
  project_id: id.nullable(),
  credential: z.string(),
  actor_id: z.string(),
  actor_name: z.string(),
  roles: z.array(z.string()),
});

export const accessEvents = {
  signInFailed: defineEvent({
    type: 'access.sign_in_failed',
    description: 'Credentials were refused: one event for all that failed alike from one address in a short time.',
    payload: failed,
    subject: ({ credential, source_ip }) => ({
      tenant_id: null,
      target: { type: 'credential', id: credential, name: source_ip },
    }),
    failure: true,
  }),
  denied: defineEvent({
    type: 'access.denied',
    description: 'A caller asked for changes without holding the permission: one event for all of a short time.',
    payload: denied,
    subject: ({ tenant_id, procedure }) => ({
      tenant_id,
      target: { type: 'operation', id: procedure, name: procedure },
    }),
    failure: true,
  }),
  credentialUsed: defineEvent({
    type: 'access.credential_used',
    description: 'A credential was accepted, for the first time in an hour.',
    payload: used,
    subject: ({ tenant_id, project_id, credential, actor_id, actor_name }) => ({
      tenant_id,
      project_id,
      target: { type: credential, id: actor_id, name: actor_name },
    }),
  }),
} as const;
