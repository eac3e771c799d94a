/** The events of sign-ins through a provider. None has a cookie, a code, a token or a claim that the registry does not keep. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { id } from '../../../kernel/schema.ts';

const provisioned = z.object({
  id,
  tenant_id: id,
  display_name: z.string(),
  idp_config_id: id.describe('The configuration through which the person came.'),
});
const ofUser = ({ tenant_id, id, display_name }: z.output<typeof provisioned>) => ({
  tenant_id,
  target: { type: 'user', id, name: display_name },
});

const ofConfig = z.object({
  id: id.describe('The SSO configuration.'),
  tenant_id: id,
  alias: z.string(),
  error: z.string().nullable().describe('What the page was told; null: the sign-in would have gone through.'),
  reason: z.string().nullable().describe('Which check refused it.'),
  external_subject: z.string().nullable().describe('Whom the provider proved, when it came so far.'),
});
const subjectOfConfig = ({ tenant_id, id, alias }: z.output<typeof ofConfig>) => ({
  tenant_id,
  target: { type: 'idp_config', id, name: alias },
});

export const signInEvents = {
  provisioned: defineEvent({
    type: 'user.provisioned',
    description: 'A person signed in through a provider for the first time and became a user.',
    payload: provisioned,
    subject: ofUser,
    authority: true,
  }),
  linked: defineEvent({
    type: 'user.linked',
    description:
      'A provisioned user signed in for the first time and is known by the subject of its provider from now on.',
    payload: provisioned,
    subject: ofUser,
    authority: true,
  }),
  rolesSynced: defineEvent({
    type: 'user.roles_synced',
    description: 'The roles of a user became those that its provider says.',
    payload: provisioned.extend({ roles: z.array(z.string()) }),
    subject: ofUser,
    authority: true,
  }),
  groupsSynced: defineEvent({
    type: 'user.groups_synced',
    description: 'The memberships of a user in groups of a provider became those that the provider says.',
    payload: provisioned.extend({
      added: z.array(id).describe('The groups that the user is in since then.'),
      removed: z.array(id).describe('The groups that it left.'),
    }),
    subject: ofUser,
    authority: true,
  }),
  refused: defineEvent({
    type: 'session.refused',
    description: 'A sign-in through a provider was refused.',
    payload: ofConfig,
    subject: subjectOfConfig,
    failure: true,
  }),
  rehearsed: defineEvent({
    type: 'idp_config.rehearsed',
    description: 'A sign-in through a provider was rehearsed: it made neither a session nor a user.',
    payload: ofConfig,
    subject: subjectOfConfig,
  }),
} as const;
