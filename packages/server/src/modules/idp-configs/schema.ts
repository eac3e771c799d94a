/** The shapes of SSO configurations: how a tenant's people sign in, and what a verification found. No secret is in any. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, jsonObject, label, name, textUpTo, timestamp } from '../../kernel/schema.ts';
import { finding, findingCode, idpCertificate } from './findings/schema.ts';
import { claimMappingsShape } from './mappings/schema.ts';

const idpKind = z.enum(['oidc', 'saml']).describe('The protocol that it speaks.');
export type IdpKind = z.infer<typeof idpKind>;

const idpConfigStatus = z.enum(['active', 'degraded', 'deactivated']);
const jitPolicy = z.enum(['allow', 'deny']).describe('Whether somebody unknown gets an account at the first sign-in.');

const SECRET_NAME = /^(client_?secret|password|private_?key)$/i;

const aboutMetadata = {
  description:
    'At most 32 KiB of JSON. Of a SAML provider, `xml` is its metadata: an EntityDescriptor without a DTD, at most 16 levels deep and with at most 32 namespaces at one place.',
  examples: [{ contact: 'it@acme.example' }],
};
const aboutClaimMappings = {
  description:
    'Which claim of the provider becomes what: `subject`, `email`, `name`, `groups`, `roles` and `scim` each hold the name of a claim, or a path of names with dots between them. `role_map` says which of the provider’s roles is `admin`, `billing` or `member` here; with `roles` a person’s roles are set at each sign-in. With `scim` somebody provisioned is recognized at the first sign-in by external id or user name. Without them: `sub`, `email`, `name`, `groups`. Other members are kept and mean nothing. At most 32 KiB of JSON.',
  examples: [{ groups: 'groups', roles: 'org_roles', role_map: { IT_ADMIN: 'admin' } }],
};
const aboutAlias = { description: 'What people see.', examples: ['Acme Entra ID'] };
const aboutClientId = { description: 'What the provider knows the registry by.', examples: ['breakpilot-portal'] };
const aboutAcr = {
  description: 'A sign-in must have one of these context classes; empty or null: any will do.',
  examples: [['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport']],
};
const aboutAmr = { description: 'A sign-in must have used all of these methods.', examples: [['mfa']] };

const metadata = jsonObject
  .superRefine((value, context) => {
    for (const member of Object.keys(value).filter((each) => SECRET_NAME.test(each))) {
      context.addIssue({
        code: 'custom',
        path: [member],
        message: 'looks like a secret, which belongs in a vault: give client_secret_ref',
      });
    }
  })
  .meta(aboutMetadata);
const claimMappings = jsonObject
  .superRefine((value, context) => {
    const { error } = claimMappingsShape.safeParse(value);
    for (const { path, message } of error?.issues ?? []) context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta(aboutClaimMappings);
const aboutIssuer = {
  description:
    'Of an OIDC provider its https URL, exactly as its discovery document names it; of a SAML provider its entity ID.',
  examples: ['https://login.acme.example/realms/staff'],
};
// An entity ID of SAML has at most 1024 characters (SAML 2.0 Core 8.3.6).
const issuer = z.string().min(1).max(1024).regex(/^\S*$/, 'must not contain white space').meta(aboutIssuer);
const SECRET_REF_LENGTH_MAX = 600;
const aboutSecretRef = {
  description:
    'Where the client secret is kept: `file:NAME` in the tenant’s folder of SECRETS_DIR, or `env:IDP_SECRET_` with the tenant’s id (`_` for `-`) and `_NAME`. Null: a public client. Never the secret itself.',
  examples: ['file:okta-client-secret'],
};
// The message names no value: what was sent may be the secret itself. The service holds it to the tenant's own places.
const clientSecretRef = z
  .string()
  .max(SECRET_REF_LENGTH_MAX)
  .regex(
    /^(env:[A-Za-z0-9_]{1,500}|file:[A-Za-z0-9._/-]{1,500})$/,
    'must be a reference to a secret, file:NAME or env:IDP_SECRET_…, and never the secret itself',
  )
  .meta({
    ...aboutSecretRef,
    minLength: 5,
  });
const CLASSES_MAX = 50;
const contextClasses = z.array(label).max(CLASSES_MAX);
/**
 * Null stands for no classes. Java's generator leaves a list that may be null out of a request that does not set it;
 * any other list it sends empty, and a change of the alias would take the classes away.
 */
const changedClasses = (about: z.GlobalMeta) =>
  contextClasses
    .nullable()
    .meta(about)
    .transform((given) => given ?? [])
    .optional();
const shownClasses = z.array(textUpTo(200));

export const idpConfig = z
  .object({
    id,
    tenant_id: id,
    kind: idpKind,
    alias: textUpTo(200).meta(aboutAlias),
    issuer: textUpTo(1024).meta(aboutIssuer),
    client_id: textUpTo(200).nullable().meta(aboutClientId),
    client_secret_ref: textUpTo(SECRET_REF_LENGTH_MAX).nullable().meta(aboutSecretRef),
    metadata: z.record(z.string(), z.unknown()).meta(aboutMetadata),
    claim_mappings: z.record(z.string(), z.unknown()).meta(aboutClaimMappings),
    required_acr: shownClasses.meta({ ...aboutAcr, maxItems: CLASSES_MAX }),
    required_amr: shownClasses.meta({ ...aboutAmr, maxItems: CLASSES_MAX }),
    jit_policy: jitPolicy,
    status: idpConfigStatus.describe('`degraded`: the last verification failed. `deactivated`: kept as history.'),
    verified_at: timestamp
      .nullable()
      .describe('When it last passed a verification; null since a change that matters to it.'),
    version: z
      .int()
      .min(1)
      .meta({ description: 'Grows with every change, not with verifications.', examples: [1] }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'IdpConfig', description: 'An identity provider through which people of a tenant sign in.' });
export type IdpConfig = z.infer<typeof idpConfig>;

export const idpConfigId = z.strictObject({ id });

export const createIdpConfigInput = z.strictObject({
  tenant_id: id,
  kind: idpKind,
  alias: name.meta(aboutAlias),
  issuer,
  client_id: label.nullish().meta(aboutClientId),
  client_secret_ref: clientSecretRef.nullish(),
  metadata: metadata.default({}),
  claim_mappings: claimMappings.default({}),
  required_acr: contextClasses.default([]).meta(aboutAcr),
  required_amr: contextClasses.default([]).meta(aboutAmr),
  jit_policy: jitPolicy.default('deny'),
});
export type CreateIdpConfig = z.output<typeof createIdpConfigInput>;

export const updateIdpConfigInput = z.strictObject({
  id,
  alias: name.optional().meta(aboutAlias),
  issuer: issuer.optional(),
  client_id: label.nullish().meta(aboutClientId),
  client_secret_ref: clientSecretRef.nullish(),
  metadata: metadata.optional(),
  claim_mappings: claimMappings.optional(),
  required_acr: changedClasses(aboutAcr),
  required_amr: changedClasses(aboutAmr),
  jit_policy: jitPolicy.optional(),
  status: idpConfigStatus
    .exclude(['degraded'])
    .optional()
    .describe('`active` brings a configuration back, `deactivated` does what DELETE does.'),
});
export type UpdateIdpConfig = z.output<typeof updateIdpConfigInput>;

export const listIdpConfigsInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  status: idpConfigStatus.optional().describe('Only those in this status.'),
});
export type ListIdpConfigs = z.output<typeof listIdpConfigsInput>;

export const idpConfigPage = pageOf(idpConfig).meta({
  id: 'IdpConfigPage',
  description: 'A page of SSO configurations.',
});

export const idpVerification = z
  .object({
    ok: z.boolean().meta({ description: 'Whether nothing was found that is an error.', examples: [true] }),
    checked_at: timestamp.describe('When it was verified.'),
    findings: z.array(finding).describe('Everything that was found.'),
    certificates: z.array(idpCertificate).optional().describe('Of a SAML provider: what it signs with.'),
    idp_config: idpConfig,
  })
  .meta({ id: 'IdpVerification', description: 'What a verification found, and the configuration as it is after it.' });
export type IdpVerification = z.infer<typeof idpVerification>;

export const idpRehearsal = z
  .object({
    url: textUpTo(500)
      .optional()
      .meta({
        description:
          'Open it in a browser, once: it leads to the provider and back to a report. Shown here and never again: absent only in the replay of a request with an Idempotency-Key.',
        examples: ['https://registry.example/auth/sign-in?rehearsal=GmN0p9zJ1x4eT6yQh8vBk2sWc5rLu7aFd3oXi0nVtEY'],
      }),
    expires_at: timestamp.describe('The link works until then.'),
  })
  .meta({ id: 'IdpRehearsal', description: 'A link that rehearses a sign-in.' });
export type IdpRehearsal = z.infer<typeof idpRehearsal>;

/**
 * An event names the configuration and the fields that changed, never their content: so no reference to a secret leaves in
 * one, and a configuration of 100 KB makes an audit row of a few hundred bytes.
 */
const fields = idpConfig.pick({ id: true, tenant_id: true, kind: true, alias: true, status: true, version: true });
const payload = fields.meta({ id: 'IdpConfigState', description: 'Which SSO configuration, and its state.' });
const change = fields.extend({ changed: z.array(z.string()).describe('The fields that changed.') });
const end = change.extend({
  sessions_ended: z.int().describe('The sessions that began through it and ended with it.'),
});
const outcome = fields
  .extend({ findings: z.array(findingCode).describe('What the verification found.') })
  .meta({ id: 'IdpConfigOutcome', description: 'Which SSO configuration, and what its verification found.' });

const subject = ({ id, tenant_id, alias }: z.output<typeof payload>) => ({
  tenant_id,
  target: { type: 'idp_config', id, name: alias },
});

// Tokens of programs are believed while the configuration of their issuer is active.
export const idpConfigEvents = {
  created: defineEvent({
    type: 'idp_config.created',
    description: 'An SSO configuration was created.',
    payload,
    subject,
  }),
  updated: defineEvent({
    type: 'idp_config.updated',
    description: 'An SSO configuration changed.',
    payload: change,
    subject,
    authority: true,
  }),
  deactivated: defineEvent({
    type: 'idp_config.deactivated',
    description: 'An SSO configuration was deactivated, and the sessions that began through it ended.',
    payload: end,
    subject,
    authority: true,
  }),
  rehearsalPrepared: defineEvent({
    type: 'idp_config.rehearsal_prepared',
    description: 'A link to rehearse a sign-in through an SSO configuration was made.',
    payload,
    subject,
    authority: true,
  }),
  verified: defineEvent({
    type: 'idp_config.verified',
    description: 'An SSO configuration passed a verification.',
    payload: outcome,
    subject,
    authority: true,
  }),
  verificationFailed: defineEvent({
    type: 'idp_config.verification_failed',
    description: 'An SSO configuration did not pass a verification.',
    payload: outcome,
    subject,
    authority: true,
    failure: true,
  }),
} as const;
