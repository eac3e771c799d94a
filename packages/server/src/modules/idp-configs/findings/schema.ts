/** The shapes of what a verification finds. */
import { z } from 'zod';
import { textUpTo, timestamp } from '../../../kernel/schema.ts';

export const findingCode = z
  .enum([
    // What was checked and is right.
    'discovery_checked',
    'keys_checked',
    'metadata_checked',
    'certificates_checked',
    // Fetching.
    'outbound_refused',
    'outbound_failed',
    // OIDC.
    'discovery_invalid',
    'issuer_mismatch',
    'field_missing',
    'endpoint_insecure',
    'keys_invalid',
    'no_signing_key',
    'private_key_published',
    'client_secret_unresolved',
    // SAML.
    'metadata_missing',
    'metadata_invalid',
    'metadata_expired',
    'entity_id_mismatch',
    'no_idp_descriptor',
    'no_sso_service',
    'no_certificate',
    'certificate_invalid',
    'certificate_not_yet_valid',
    'certificate_expired',
    'certificate_expires_soon',
  ])
  .describe('The kind of finding.');
export type FindingCode = z.infer<typeof findingCode>;

export const finding = z
  .object({
    severity: z
      .enum(['error', 'warning', 'info'])
      .meta({ description: 'An error means that no sign-in can succeed like that.', examples: ['info'] }),
    code: findingCode,
    message: textUpTo(1000).meta({
      description: 'What was found, for people.',
      examples: ['The discovery document is right.'],
    }),
  })
  .meta({ id: 'IdpFinding', description: 'One thing that a verification found.' });
export type Finding = z.infer<typeof finding>;

export const idpCertificate = z
  .object({
    subject: z.string().meta({ description: 'Whom it names.', examples: ['CN=login.acme.example'] }),
    fingerprint_sha256: textUpTo(95).meta({
      description: 'Upper case hexadecimal pairs with colons.',
      examples: [Array.from({ length: 32 }, (_, byte) => (byte * 7 + 16).toString(16).toUpperCase()).join(':')],
    }),
    not_before: timestamp.describe('The first moment at which it is valid.'),
    not_after: timestamp.describe('The last moment at which it is valid.'),
  })
  .meta({ id: 'IdpCertificate', description: 'A certificate that a SAML provider signs with.' });
export type IdpCertificate = z.infer<typeof idpCertificate>;
