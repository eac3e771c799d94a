// engine: none
import { describe, expect, test } from 'vitest';
import { projectLevels } from '../../kernel/permissions.ts';
import { grants } from '../../modules.ts';
import { type Asked, type Place, type Standing, verdictOn } from './verdict.ts';

const user = { type: 'user', id: 'u', name: 'Jane' } as const;
const group = { type: 'group', id: 'g', name: 'Crew' } as const;
const key = { type: 'api_key', id: 'k', name: 'ci' } as const;
const place: Place = { tenant_status: 'active', project: { id: 'p', status: 'active' } };
const inTenant: Place = { ...place, project: null };

const role = (name: 'admin' | 'billing' | 'member', way: readonly (typeof user | typeof group)[] = [user]) => ({
  role: name,
  by: 'tenant_role' as const,
  path: [...way, { type: 'tenant_role' as const, id: name, name }],
});
const level = (name: (typeof projectLevels)[number], way: readonly (typeof user | typeof group)[] = [user]) => ({
  level: name,
  path: [...way, { type: 'role_binding' as const, id: `b-${name}`, name }],
});
const somebody = (fields: Partial<Standing> = {}): Standing => ({
  disabled: false,
  bound_to: [],
  holder: { roles: [], levels: [] },
  key: null,
  ...fields,
});
const keyWith = (scopes: readonly string[], fields: Partial<Standing> = {}): Standing =>
  somebody({
    holder: null,
    key: { node: key, scopes: scopes.map((each) => `registry:${each}`), isBound: false },
    ...fields,
  });
const decide = (standing: Standing, asked: Asked, where: Place = place) =>
  verdictOn(grants, standing, { place: where, asked });
const read: Asked = { permission: 'projects:read' };
const write: Asked = { permission: 'projects:write' };

describe('the order of levels', () => {
  test.each(projectLevels)('%s answers to itself and to the lower ones', (has) => {
    const standing = somebody({ holder: { roles: [], levels: [level(has)] } });
    for (const wanted of projectLevels) {
      const { allowed, level: shown } = decide(standing, { level: wanted });
      expect([wanted, allowed]).toEqual([wanted, projectLevels.indexOf(wanted) <= projectLevels.indexOf(has)]);
      expect(shown).toBe(has);
    }
  });

  test('a viewer holds what is read, an admin what is written too', () => {
    const viewer = somebody({ holder: { roles: [], levels: [level('viewer')] } });
    const admin = somebody({ holder: { roles: [], levels: [level('admin')] } });
    expect([decide(viewer, read).allowed, decide(viewer, write).allowed]).toEqual([true, false]);
    expect([decide(admin, read).allowed, decide(admin, write).allowed]).toEqual([true, true]);
  });
});

describe('the way', () => {
  test('is the shortest of those that give what is asked', () => {
    const holder = { roles: [role('admin', [user, group])], levels: [level('viewer'), level('admin', [user, group])] };
    expect(decide(somebody({ holder }), read).why.path).toHaveLength(2);
    expect(decide(somebody({ holder }), write).why).toMatchObject({ by: 'tenant_role' });
  });

  test('of a key with an owner begins at the key, of one without it ends at the scope', () => {
    const owned = keyWith(['projects:read'], { holder: { roles: [role('member')], levels: [] } });
    expect(decide(owned, read).why.path.map(({ type }) => type)).toEqual(['api_key', 'user', 'tenant_role']);
    expect(decide(keyWith(['projects:read']), read).why).toMatchObject({ by: 'scope' });
  });
});

describe('what is in the way', () => {
  const admin = somebody({ holder: { roles: [role('admin')], levels: [level('admin')] } });
  const reason = (standing: Standing, asked: Asked, where?: Place) => decide(standing, asked, where).why.reason;

  test('is first that one was deactivated, then what is missing, then the state of the place', () => {
    const frozen: Place = { ...place, tenant_status: 'frozen' };
    expect(reason({ ...admin, disabled: true }, write, frozen)).toBe('principal_disabled');
    expect(reason(somebody(), write, frozen)).toBe('no_grant');
    expect(reason(keyWith([]), write, frozen)).toBe('key_scope');
    expect(reason(admin, write, frozen)).toBe('tenant_frozen');
    expect(reason(admin, read, frozen)).toBeNull();
    expect(reason(admin, { level: 'viewer' }, frozen)).toBeNull();
    expect(reason(admin, { level: 'editor' }, frozen)).toBe('tenant_frozen');
    expect(reason(admin, read, { ...place, tenant_status: 'archived' })).toBe('tenant_archived');
    expect(reason(admin, write, { ...place, project: { id: 'p', status: 'archived' } })).toBe('project_archived');
  });

  test.each(['trial', 'active', 'demo'] as const)('is nothing in a tenant that is %s', (tenant_status) => {
    expect(reason(admin, write, { ...place, tenant_status })).toBeNull();
  });

  test('is the scope of a key although its owner may, and the owner although the key has the scope', () => {
    const { holder } = admin;
    expect(reason(keyWith(['projects:read'], { holder }), write)).toBe('key_scope');
    expect(reason(keyWith(['projects:write'], { holder: { roles: [], levels: [] } }), write)).toBe('no_grant');
    expect(reason(keyWith(['projects:write'], { holder }), write)).toBeNull();
  });
});

test('whoever is bound to a project has nothing in another one, and nothing of projects in the tenant', () => {
  const bound = keyWith(['projects:read', 'audit:read'], { bound_to: ['p'] });
  const elsewhere: Place = { ...place, project: { id: 'q', status: 'active' } };
  expect(decide(bound, read).allowed).toBe(true);
  expect(decide(bound, read, elsewhere)).toMatchObject({ allowed: false, level: null, why: { reason: 'no_grant' } });
  expect(decide(bound, read, inTenant).allowed).toBe(false);
  expect(decide(bound, { permission: 'audit:read' }, inTenant).allowed).toBe(true);
  expect(decide(keyWith(['projects:read'], { bound_to: ['p', 'q'] }), read).allowed).toBe(false);
});

test('a key has the highest level all of whose permissions it has as scopes, and no more than its owner', () => {
  const all = keyWith([...grants.byLevel.admin]);
  expect(decide(all, read).level).toBe('admin');
  expect(decide(keyWith([...grants.byLevel.viewer]), read).level).toBe('viewer');
  expect(decide(keyWith(['projects:read']), read).level).toBeNull();
  expect(decide({ ...all, holder: { roles: [], levels: [level('viewer')] } }, read).level).toBe('viewer');
});

test('in the tenant as a whole there is no level', () => {
  expect(decide(somebody({ holder: { roles: [role('admin')], levels: [] } }), read, inTenant).level).toBeNull();
});
