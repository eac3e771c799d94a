/** Verifies what the registry delivers to webhooks, in every runtime with WebCrypto: Node ≥ 20, browsers, Deno, Workers. */

export type { RegistryEvent } from './events.ts';
export { isWebhookError, WebhookError, type WebhookErrorCode } from './webhooks/error.ts';
export type { WebhookHeaders } from './webhooks/headers.ts';
export type { WebhookKeys } from './webhooks/keys.ts';
export type { WebhookBody } from './webhooks/signed-content.ts';
export { type VerifyOptions, verifyWebhook } from './webhooks/verify.ts';
