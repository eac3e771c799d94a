import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../test/support/api-keys.ts';
import { auditOf, DAY_MS, newTenant, testServer, UNKNOWN } from '../../../test/support/server.ts';
import { deliveriesOf, NOWHERE, newWebhook, sequenceAll } from '../../../test/support/webhooks.ts';
import { openSecrets } from './secrets.ts';

const server = testServer();
