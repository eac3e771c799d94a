/** Keeps what a test's provider has to remember, for as long as the test runs. */
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Returns the factory of adapters that share one memory. */
export function mapAdapters(): (name: string) => Adapter {
  const kept = new Map<string, AdapterPayload>();
  return (name) => {
    const key = (id: string) => `${name} ${id}`;
    const find = async (id: string) => kept.get(key(id));
    const search = async (member: 'uid' | 'userCode', value: string) =>
      [...kept].find(([each, payload]) => each.startsWith(`${name} `) && payload[member] === value)?.[1];
    return {
      find,
      findByUid: (uid) => search('uid', uid),
      findByUserCode: (code) => search('userCode', code),
      upsert: async (id, payload) => void kept.set(key(id), payload),
      consume: async (id) => void Object.assign((await find(id)) ?? {}, { consumed: Math.floor(Date.now() / 1000) }),
      destroy: async (id) => void kept.delete(key(id)),
      revokeByGrantId: async (grantId) => {
        for (const [each, payload] of kept) if (payload.grantId === grantId) kept.delete(each);
      },
    };
  };
}
