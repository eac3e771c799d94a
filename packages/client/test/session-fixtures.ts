/** A session of a person, as the registry answers it. */
import type { CurrentSession } from '../src/index.ts';
import { TENANT } from './feed-harness.ts';

export const COOKIE = 'q3Zr7Hs2Lw9xTz4Rk1Vb8Nc5Yd6Fg0Jm-Pa_Qe2Ru4X';
export const USER = '0192f0c3-7f3a-7c52-9d1e-4b8a6f2e3c10';
export const CSRF_TOKEN = 'Z9xTz4Rk1Vb8Nc5Yd6Fg0Jm-Pa_Qe2Ru4Xq3Zr7Hs2L';

/** Returns a Cookie header with the session's cookie. */
export function cookieOf(value: string = COOKIE): string {
  return `__Host-tr_session=${value}`;
}

/** When every session of the tests began: equal sessions have equal times. */
const BEGAN_AT = Date.now();

export function signedIn(fields: Partial<CurrentSession> = {}): CurrentSession {
  return {
    user: { id: USER, tenant_id: TENANT, email: 'jane@acme.example', display_name: 'Jane Doe', roles: ['member'] },
    session: {
      id: '0192f0c5-7f3a-7c52-9d1e-4b8a6f2e3c10',
      tenant_id: TENANT,
      user_id: USER,
      idp_config_id: null,
      source_ip: '203.0.113.7',
      created_at: new Date(BEGAN_AT).toISOString(),
      last_seen_at: new Date(BEGAN_AT).toISOString(),
      expires_at: new Date(BEGAN_AT + 12 * 3_600_000).toISOString(),
    },
    csrf_token: CSRF_TOKEN,
    ...fields,
  };
}
