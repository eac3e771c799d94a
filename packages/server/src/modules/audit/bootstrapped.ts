/** The event of the first credentials, which stands in the platform's log once. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';

export const bootstrapEvents = {
  bootstrapped: defineEvent({
    type: 'registry.bootstrapped',
    description:
      'The command `bootstrap` made the first credentials of this registry. It tells their names, and nothing of their values.',
    payload: z.object({
      variables: z
        .array(z.string())
        .meta({ description: 'The variables of the environment that were made.', examples: [['OPERATOR_TOKEN']] }),
    }),
    subject: () => ({ tenant_id: null, target: { type: 'registry', id: 'registry', name: null } }),
  }),
};
