/** The events of sign-ins through a provider. None has a cookie, a code, a token or a claim that the registry does not keep. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { ACTOR_MAX, id, textUpTo } from '../../../kernel/schema.ts';

const userFields = z.object({
  id: id.describe('The user.'),
  tenant_id: id,
  display_name: textUpTo(200).meta({ description: 'The name of the user, for people.', examples: ['Jane Doe'] }),
  idp_config_id: id.describe('The configuration through which the person came.'),
});
const provisioned = userFields.meta({
  id: 'ProvisionedUser',
  description: 'A user, and the SSO configuration through which the person came.',
});
const ofUser = ({ tenant_id, id, display_name }: z.output<typeof userFields>) => ({
  tenant_id,
  target: { type: 'user', id, name: display_name },
});

const ofConfig = z
  .object({
    id: id.describe('The SSO configuration.'),
    tenant_id: id,
    alias: textUpTo(200).meta({ description: 'The name of the configuration, for people.', examples: ['Main'] }),
    error: textUpTo(100)
      .nullable()
      .meta({
        description: 'What the page was told; null: the sign-in would have gone through.',
        examples: ['sign_in_refused'],
      }),
    reason: textUpTo(200)
      .nullable()
      .meta({ description: 'Which check refused it.', examples: ['configuration'] }),
    external_subject: textUpTo(ACTOR_MAX)
      .nullable()
      .meta({ description: 'Whom the provider proved, when it came so far.', examples: [null] }),
  })
  .meta({ id: 'SignInOutcome', description: 'How a sign-in through an SSO configuration went.' });
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
    payload: userFields.extend({
      roles: z.array(textUpTo(100)).meta({ description: 'The roles of the user since then.', examples: [['member']] }),
    }),
    subject: ofUser,
    authority: true,
  }),
  groupsSynced: defineEvent({
    type: 'user.groups_synced',
    description: 'The memberships of a user in groups of a provider became those that the provider says.',
    payload: userFields.extend({
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
