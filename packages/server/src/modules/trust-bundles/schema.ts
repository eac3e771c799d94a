/** The shapes of trust bundles: the keys of SPIFFE trust domains that a tenant believes. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, jsonObject, textUpTo, timestamp } from '../../kernel/schema.ts';

/** Keys of one bundle. */
export const KEYS_MAX = 50;

const trustDomainExample = { examples: ['acme.example'] };
const trustDomain = z
  .string()
  .regex(/^[a-z0-9._-]{1,255}$/, 'must be 1 to 255 lower case letters, digits and . _ -')
  .meta({
    minLength: 1,
    maxLength: 255,
    description: 'The trust domain, as SPIFFE IDs name it.',
    ...trustDomainExample,
  });

export const trustBundle = z
  .object({
    id,
    tenant_id: id,
    trust_domain: textUpTo(255).meta({ description: 'As SPIFFE IDs name it.', ...trustDomainExample }),
    key_ids: z
      .array(textUpTo(1000))
      .meta({ maxItems: KEYS_MAX, description: 'The `kid` of each key that is believed.', examples: [['k1']] }),
    url: textUpTo(2000)
      .nullable()
      .meta({
        description: 'From where the keys were fetched, or are published.',
        examples: ['https://acme.example/bundle'],
      }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'TrustBundle', description: 'The keys of a SPIFFE trust domain that a tenant believes.' });
export type TrustBundle = z.infer<typeof trustBundle>;

export const trustBundlePage = pageOf(trustBundle).meta({
  id: 'TrustBundlePage',
  description: 'A page of trust bundles.',
});

export const setTrustBundleInput = z.strictObject({
  tenant_id: id,
  trust_domain: trustDomain,
  keys: jsonObject.optional().meta({
    description:
      'The bundle in the SPIFFE format, a JSON Web Key Set: its `jwt-svid` keys are kept. Absent: it is fetched from `url`.',
    examples: [
      {
        keys: [
          {
            kty: 'EC',
            use: 'jwt-svid',
            kid: 'k1',
            crv: 'P-256',
            x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
            y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
          },
        ],
      },
    ],
  }),
  url: z
    .url()
    .max(2000)
    .optional()
    .meta({ description: 'Where the trust domain publishes its bundle.', examples: ['https://acme.example/bundle'] }),
});
export type SetTrustBundle = z.output<typeof setTrustBundleInput>;

export const listTrustBundlesInput = z.strictObject({ ...pageInput, tenant_id: id });
export type ListTrustBundles = z.output<typeof listTrustBundlesInput>;

export const trustBundleName = z.strictObject({ tenant_id: id, trust_domain: trustDomain });
export type TrustBundleName = z.output<typeof trustBundleName>;

const subject = ({ id, tenant_id, trust_domain }: TrustBundle) => ({
  tenant_id,
  target: { type: 'trust_bundle', id, name: trust_domain },
});

export const trustBundleEvents = {
  set: defineEvent({
    type: 'trust_bundle.set',
    description: 'The keys of a SPIFFE trust domain were set.',
    payload: trustBundle,
    subject,
    authority: true,
  }),
  removed: defineEvent({
    type: 'trust_bundle.removed',
    description: 'A SPIFFE trust domain is believed no more.',
    payload: trustBundle,
    subject,
    authority: true,
  }),
} as const;
