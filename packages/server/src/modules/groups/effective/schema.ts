/** The groups that a user or a service identity is in, itself or through others. */
import { z } from 'zod';
import { pageOf } from '../../../kernel/pagination.ts';
import { tenantRoles } from '../../../kernel/permissions.ts';
import { id, textUpTo } from '../../../kernel/schema.ts';

export const effectiveGroup = z
  .object({
    group_id: id.describe('The group.'),
    slug: textUpTo(64).meta({ description: 'The slug of the group.', examples: ['night-shift'] }),
    display_name: textUpTo(200).meta({ description: 'The name of the group.', examples: ['Night shift'] }),
    tenant_role: z
      .enum(tenantRoles)
      .nullable()
      .describe('The role in the whole tenant that the group gives; null: none.'),
    depth: z.int32().min(1).describe('1: it is a member itself; 2: through one group; and so on.'),
  })
  .meta({
    id: 'EffectiveGroup',
    description: 'A group that a user or a service identity is in, itself or through others.',
  });
export type EffectiveGroup = z.infer<typeof effectiveGroup>;

export const effectiveGroupPage = pageOf(effectiveGroup).meta({
  id: 'EffectiveGroupPage',
  description: 'A page of the groups that a user or a service identity is in.',
});
