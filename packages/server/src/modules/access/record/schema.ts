/** The shapes of what the audit log keeps of who came in, and who did not. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { ACTOR_MAX, id, textUpTo, timestamp } from '../../../kernel/schema.ts';

const many = {
  count: z
    .int()
    .min(1)
    .meta({ description: 'How many there were.', examples: [3] }),
  first_at: timestamp.meta({ description: 'When the first came.', examples: ['2026-01-15T09:29:10.000Z'] }),
  last_at: timestamp.meta({ description: 'When the last came.', examples: ['2026-01-15T09:29:55.000Z'] }),
};

const failed = z.object({
  credential: textUpTo(100).meta({ description: 'The kind of the credentials.', examples: ['api_key'] }),
  reason: textUpTo(100).meta({ description: 'Why they were refused.', examples: ['not_found'] }),
  source_ip: textUpTo(100).meta({ description: 'The address that they came from.', examples: ['203.0.113.7'] }),
  ...many,
});
const denied = z.object({
  tenant_id: id.nullable().describe('The tenant of the caller; null: it has none.'),
  permission: textUpTo(100).meta({ description: 'The permission that it lacks.', examples: ['users:write'] }),
  procedure: textUpTo(100).meta({ description: 'What it asked for.', examples: ['users.create'] }),
  ...many,
});
const used = z.object({
  tenant_id: id.nullable().describe('The tenant of the caller; null: it has none.'),
  project_id: id.nullable().describe('The project that the caller is bound to; null: none.'),
  credential: textUpTo(100).meta({ description: 'The kind of the credential.', examples: ['api_key'] }),
  actor_id: textUpTo(ACTOR_MAX).meta({
    description: 'The caller.',
    examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  }),
  actor_name: textUpTo(500).meta({ description: 'The name of the caller, for people.', examples: ['ci'] }),
  roles: z.array(textUpTo(100)).meta({ description: 'The roles of the caller.', examples: [[]] }),
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
