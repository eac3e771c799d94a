/** The shapes of limits: what a caller and its tenant may have, spend and send. */
import { z } from 'zod';
import { id, textUpTo } from '../../kernel/schema.ts';

export const getLimitsInput = z.strictObject({
  tenant_id: id.optional().describe('The tenant, named by a caller of the platform; absent: the tenant of the caller.'),
});
export type GetLimits = z.output<typeof getLimitsInput>;

const COUNT_MAX = 1_000_000_000;
const count = z.int().min(0).max(COUNT_MAX);
/** More than there are. */
const LIST_MAX = 50;

const quotaStanding = z
  .object({
    quota: textUpTo(100).meta({ description: 'The things that it limits.', examples: ['api_keys'] }),
    limit: count.nullable().meta({ description: 'How many may be in use; null: no limit.', examples: [1_000] }),
    used: count.nullable().meta({ description: 'How many are in use; null: no tenant was named.', examples: [12] }),
  })
  .meta({ id: 'QuotaStanding', description: 'How many of its things a tenant may have in use, and how many it has.' });

const budgetStanding = z
  .object({
    budget: textUpTo(100).meta({
      description:
        'Requests of the caller (`principal_requests`), or requests or units of cost of the tenant (`tenant_requests`, `tenant_cost`).',
      examples: ['tenant_cost'],
    }),
    limit: count.meta({ description: 'How much may be spent in a minute.', examples: [60_000] }),
    remaining: count.meta({ description: 'How much of it is left, this request taken off.', examples: [59_904] }),
    reset_seconds: z
      .int()
      .min(0)
      .max(60)
      .meta({ description: 'After how many seconds all of it is there again.', examples: [42] }),
  })
  .meta({ id: 'BudgetStanding', description: 'What may be spent in a minute, counted by the process that answers.' });

const bound = (description: string, example: number) => count.meta({ description, examples: [example] });

export const limits = z
  .object({
    tenant_id: id
      .nullable()
      .describe('The tenant that quotas and budgets are of; null: the caller has none and named none.'),
    quotas: z.array(quotaStanding).meta({ maxItems: LIST_MAX, description: 'What may be in use at once.' }),
    budgets: z
      .array(budgetStanding)
      .meta({ maxItems: LIST_MAX, description: 'What may be spent in a minute. A budget without a limit is absent.' }),
    cost_bytes_per_unit: bound('The bytes of an answer that one unit of cost pays for.', 16_384),
    page_items_default: bound('Items of a page, unless `limit` says another number.', 50),
    page_items_max: bound('Items of a page at most.', 200),
    page_bytes_max: bound('Bytes of a page at most, unless its one item is larger.', 1_048_576),
    body_bytes_max: bound('Bytes of a body at most, where an operation does not say another number.', 65_536),
    audit_bulk_bytes_max: bound('Bytes of the body of a bulk append to the audit log at most.', 4_194_304),
    audit_bulk_events_max: bound('Events of a bulk append at most.', 1_000),
  })
  .meta({ id: 'Limits', description: 'What a caller and its tenant may have, spend and send.' });
export type Limits = z.infer<typeof limits>;
