// engine: none
/**
 * Exchanges with an API server of Kubernetes. They run on the stand-in; with `KUBE_API_URL` and `KUBE_API_TOKEN` the
 * assertions run on a real server, whose token must be allowed all. A `kube-apiserver` and an etcd from 3.5.8 on are
 * enough: nothing here waits for a controller. The type of the exchanges is installed by the test itself. The assertions
 * were held against 1.36. For a certificate that the server made itself, set `NODE_EXTRA_CA_CERTS` to it.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type KubeApi, startKubeApi } from '../src/testing/kube/server.ts';
import { APPLY, createKubeClient, JSON_PATCH, type KubeClient, MERGE } from './kube/client.ts';
import { WIDGET, WIDGET_CRD } from './kube/widget.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const WIDGETS = '/apis/exchanges.test/v1/namespaces/default/widgets';
const run = randomBytes(4).toString('hex');
let count = 0;
const fresh = () => {
  count += 1;
  return `x${run}-${count}`;
};

let standIn: KubeApi | undefined;
let kube: KubeClient;

beforeAll(async () => {
  const url = process.env['KUBE_API_URL'];
  if (url === undefined) {
    standIn = await startKubeApi({ types: [WIDGET] });
    kube = createKubeClient(standIn.url, standIn.token);
    return;
  }
  kube = createKubeClient(url, process.env['KUBE_API_TOKEN'] ?? '');
  await kube.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: WIDGET_CRD });
  const served = async () => expect((await kube.call('GET', WIDGETS)).status).toBe(200);
  await vi.waitFor(served, { timeout: 60_000 });
});

afterAll(() => standIn?.close());

const secret = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more });
const widget = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'exchanges.test/v1',
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec,
});
const post = (path: string, body: unknown, query = {}) => kube.call('POST', path, { body, query });
const get = async (path: string) => (await kube.call('GET', path)).body;
const apply = (path: string, body: ReturnType<typeof secret>, query: Record<string, string> = {}) =>
  kube.call('PATCH', `${path}/${body.metadata.name}`, { body, type: APPLY, query: { fieldManager: 'one', ...query } });
const merge = (path: string, body: unknown, query = {}) => kube.call('PATCH', path, { body, type: MERGE, query });

// biome-ignore lint/suspicious/noExplicitAny: an answer of any type
const ownedBy = (object: any, manager: string, operation = 'Apply', subresource?: string) =>
  object.metadata.managedFields?.find(
    (one: { manager: string; operation: string; subresource?: string }) =>
      one.manager === manager && one.operation === operation && one.subresource === subresource,
  )?.fieldsV1;

const failure = (code: number, reason: string, message: string, details?: object) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  ...(details ? { details } : {}),
  code,
});

describe('objects', () => {
  test('a created object has what the server sets, and is read as it was answered', async () => {
    const name = fresh();
    const made = await post(SECRETS, secret(name, { stringData: { user: 'app' } }));
    expect(made.status).toBe(201);
    expect(made.headers.get('content-type')).toBe('application/json');
    expect(made.headers.get('cache-control')).toBe('no-cache, private');
    expect(made.body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      data: { user: 'YXBw' },
      metadata: {
        name,
        namespace: 'default',
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
    expect(made.body.stringData).toBeUndefined();
    expect(made.body.metadata.generation).toBeUndefined();
    expect(ownedBy(made.body, 'exchanges', 'Update')).toEqual({
      'f:data': { '.': {}, 'f:user': {} },
      'f:type': {},
    });
    expect(await get(`${SECRETS}/${name}`)).toEqual(made.body);
  });

  test('a second object of one name is refused', async () => {
    const name = fresh();
    await post(SECRETS, secret(name));
    const again = await post(SECRETS, secret(name));
    expect(again.status).toBe(409);
    const message = `secrets "${name}" already exists`;
    expect(again.body).toEqual(failure(409, 'AlreadyExists', message, { name, kind: 'secrets' }));
  });

  test('an object that is not there is not found', async () => {
    const name = fresh();
    const details = { name, group: 'exchanges.test', kind: 'widgets' };
    const expected = failure(404, 'NotFound', `widgets.exchanges.test "${name}" not found`, details);
    const body = widget(name, { image: 'a' }, { resourceVersion: '1' });
    expect((await kube.call('GET', `${WIDGETS}/${name}`)).body).toEqual(expected);
    expect((await kube.call('DELETE', `${WIDGETS}/${name}`)).body).toEqual(expected);
    expect((await merge(`${WIDGETS}/${name}`, {})).body).toEqual(expected);
    expect((await kube.call('PUT', `${WIDGETS}/${name}`, { body })).body).toEqual(expected);
  });

  test('a stale or missing resourceVersion, and another uid, are refused', async () => {
    const name = fresh();
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }));
    await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } });
    const stale = await kube.call('PUT', `${WIDGETS}/${name}`, { body: { ...made, spec: { image: 'c' } } });
    const details = { name, group: 'exchanges.test', kind: 'widgets' };
    const about = `Operation cannot be fulfilled on widgets.exchanges.test "${name}": `;
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    expect(stale.body).toEqual(failure(409, 'Conflict', `${about}${why}`, details));
    const bare = await kube.call('PUT', `${WIDGETS}/${name}`, { body: widget(name, { image: 'c' }) });
    expect(bare.status).toBe(422);
    expect(bare.body.message).toBe(
      `widgets.exchanges.test "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
    );
    const foreign = { ...made, metadata: { ...made.metadata, uid: 'other' } };
    const other = await kube.call('PUT', `${WIDGETS}/${name}`, { body: foreign });
    expect(other.body).toMatchObject({ code: 409, reason: 'Conflict', details });
    expect(other.body.message).toBe(
      `${about}StorageError: invalid object, Code: 4, Key: /registry/exchanges.test/widgets/default/${name}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
    );
  });

  test('a write that changes nothing leaves the revision', async () => {
    const name = fresh();
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }));
    expect((await kube.call('PUT', `${WIDGETS}/${name}`, { body: made })).body).toEqual(made);
    expect((await merge(`${WIDGETS}/${name}`, { spec: { image: 'a' } })).body).toEqual(made);
  });

  test('names are required, checked and made', async () => {
    const nameless = await post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: {} });
    expect(nameless.body.message).toBe(
      'Secret "" is invalid: metadata.name: Required value: name or generateName is required',
    );
    expect(nameless.body.details).toEqual({
      kind: 'Secret',
      causes: [
        {
          reason: 'FieldValueRequired',
          message: 'Required value: name or generateName is required',
          field: 'metadata.name',
        },
      ],
    });
    const wrong = await post(SECRETS, secret('A_b'));
    expect(wrong.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(wrong.body.message).toContain('metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must');
    const made = await post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: `x${run}-g` } });
    expect(made.status).toBe(201);
    expect(made.body.metadata.name).toMatch(new RegExp(`^x${run}-g[a-z0-9]{5}$`));
  });

  test('a name that differs from the path is a bad request', async () => {
    const name = fresh();
    await post(SECRETS, secret(name));
    const other = await kube.call('PUT', `${SECRETS}/${name}`, { body: secret('other') });
    const message = `the name of the object (other) does not match the name on the URL (${name})`;
    expect(other.body).toEqual(failure(400, 'BadRequest', message));
    const elsewhere = await post(SECRETS, { ...secret(name), metadata: { name, namespace: 'other' } });
    expect(elsewhere.body).toEqual(
      failure(
        400,
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      ),
    );
  });

  test('unknown fields are dropped with a warning, or refused when validation is strict', async () => {
    const name = fresh();
    const strict = await post(WIDGETS, widget(name, { image: 'a', colour: 'red' }), { fieldValidation: 'Strict' });
    expect(strict.body).toEqual(
      failure(
        400,
        'BadRequest',
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour"',
      ),
    );
    const made = await post(WIDGETS, widget(name, { image: 'a', colour: 'red' }));
    expect(made.headers.get('warning')).toBe('299 - "unknown field \\"spec.colour\\""');
    expect(made.body.spec).toEqual({ image: 'a', replicas: 1 });
  });

  test('a field that breaks its rule is refused with its cause, and with the warnings there are', async () => {
    const name = fresh();
    const wrong = await post(WIDGETS, widget(name, { image: 'a', replicas: 0, colour: 'red' }));
    expect(wrong.headers.get('warning')).toBe('299 - "unknown field \\"spec.colour\\""');
    const message = 'Invalid value: 0: spec.replicas in body should be greater than or equal to 1';
    expect(wrong.body).toEqual(
      failure(422, 'Invalid', `Widget.exchanges.test "${name}" is invalid: spec.replicas: ${message}`, {
        name,
        group: 'exchanges.test',
        kind: 'Widget',
        causes: [{ reason: 'FieldValueInvalid', message, field: 'spec.replicas' }],
      }),
    );
  });

  test('labels and owners are checked, and a finalizer without a domain is warned of', async () => {
    const labelled = await post(WIDGETS, widget(fresh(), { image: 'a' }, { labels: { 'a b': 'c d' } }));
    expect(labelled.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(labelled.body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'metadata.labels',
      'metadata.labels',
    ]);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Secret', name: 'x' }];
    const owned = await post(WIDGETS, widget(fresh(), { image: 'a' }, { ownerReferences }));
    expect(owned.body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "": must not be empty',
        field: 'metadata.ownerReferences.uid',
      },
    ]);
    const held = await post(WIDGETS, widget(fresh(), { image: 'a' }, { finalizers: ['hold'] }));
    expect(held.headers.get('warning')).toContain('prefer a domain-qualified finalizer name');
  });

  test('an object of a CRD names its kind and version', async () => {
    const name = fresh();
    const config = widget(name, { image: 'a' });
    const kind = await post(WIDGETS, { ...config, kind: 'Gadget' });
    expect(kind.body.message).toBe(
      `Gadget.exchanges.test "${name}" is invalid: kind: Invalid value: "Gadget": must be Widget`,
    );
    const version = await post(WIDGETS, { ...config, apiVersion: 'exchanges.test/v2' });
    expect(version.body).toEqual(
      failure(
        400,
        'BadRequest',
        'the API version in the data (exchanges.test/v2) does not match the expected API version (exchanges.test/v1)',
      ),
    );
    const { apiVersion: _apiVersion, kind: _kind, ...bare } = config;
    expect((await post(WIDGETS, bare)).body).toMatchObject({ code: 400, reason: 'BadRequest' });
    const { kind: _secretKind, ...secretWithout } = secret(fresh());
    expect((await post(SECRETS, secretWithout)).status).toBe(201);
  });

  test('a Secret keeps its type, and all when it is immutable', async () => {
    const name = fresh();
    await post(SECRETS, secret(name, { stringData: { a: '1' }, immutable: true }));
    const typed = await merge(`${SECRETS}/${name}`, { type: 'other' });
    expect(typed.body.message).toBe(`Secret "${name}" is invalid: type: Invalid value: "other": field is immutable`);
    const changed = await merge(`${SECRETS}/${name}`, { stringData: { a: '2' } });
    const message = 'Forbidden: field is immutable when `immutable` is set';
    expect(changed.body.details.causes).toEqual([{ reason: 'FieldValueForbidden', message, field: 'data' }]);
    const loginless = await post(SECRETS, secret(fresh(), { type: 'kubernetes.io/basic-auth' }));
    expect(loginless.body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'data[username]',
      'data[password]',
    ]);
  });

  test('a Secret whose data is no base64 is a bad request', async () => {
    const wrong = await post(SECRETS, secret(fresh(), { data: { a: '!!!!' } }));
    expect(wrong.body).toEqual(
      failure(
        400,
        'BadRequest',
        'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
      ),
    );
  });

  test('dryRun answers as if, and leaves nothing', async () => {
    const name = fresh();
    const dry = { dryRun: 'All' };
    const made = await post(WIDGETS, widget(name, { image: 'a' }), dry);
    expect(made.status).toBe(201);
    expect(made.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect((await kube.call('GET', `${WIDGETS}/${name}`)).status).toBe(404);
    expect((await apply(WIDGETS, widget(name, { image: 'a' }), dry)).status).toBe(201);
    expect((await kube.call('GET', `${WIDGETS}/${name}`)).status).toBe(404);
    const { body: kept } = await post(WIDGETS, widget(name, { image: 'a' }));
    expect((await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } }, dry)).body.spec.image).toBe('b');
    expect((await kube.call('DELETE', `${WIDGETS}/${name}`, { query: dry })).status).toBe(200);
    expect(await get(`${WIDGETS}/${name}`)).toEqual(kept);
  });
});

describe('patches', () => {
  test('a merge patch sets fields and takes those away that are null', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a', settings: { a: '1', b: '2' } }));
    const patched = await merge(`${WIDGETS}/${name}`, { spec: { settings: { a: null, c: '3' } } });
    expect(patched.body.spec.settings).toEqual({ b: '2', c: '3' });
  });

  test('a JSON patch is applied as a whole or not at all', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a', args: ['x'] }));
    const patch = (body: unknown) => kube.call('PATCH', `${WIDGETS}/${name}`, { body, type: JSON_PATCH });
    const done = await patch([
      { op: 'test', path: '/spec/image', value: 'a' },
      { op: 'replace', path: '/spec/image', value: 'b' },
      { op: 'add', path: '/spec/args/-', value: 'y' },
    ]);
    expect(done.body.spec).toMatchObject({ image: 'b', args: ['x', 'y'] });
    const failed = await patch([
      { op: 'replace', path: '/spec/image', value: 'c' },
      { op: 'test', path: '/spec/image', value: 'a' },
    ]);
    expect(failed.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect((await get(`${WIDGETS}/${name}`)).spec.image).toBe('b');
  });

  test('another kind of patch is an unsupported media type', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a' }));
    const sent = await kube.call('PATCH', `${WIDGETS}/${name}`, {
      body: {},
      type: 'application/strategic-merge-patch+json',
    });
    expect(sent.status).toBe(415);
    expect(sent.body).toMatchObject({ reason: 'UnsupportedMediaType', code: 415 });
    expect(sent.body.message).toContain(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  });
});

describe('server-side apply', () => {
  test('makes an object, and an apply of what it is changes nothing', async () => {
    const name = fresh();
    const config = widget(name, {
      image: 'a',
      settings: { a: '1' },
      ports: [{ name: 'http', number: 80 }],
      tags: ['t'],
    });
    const made = await apply(WIDGETS, config);
    expect(made.status).toBe(201);
    expect(made.body.spec.replicas).toBe(1);
    expect(made.body.metadata.generation).toBe(1);
    expect(made.body.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'exchanges.test/v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:image': {},
            'f:settings': { 'f:a': {} },
            'f:ports': { 'k:{"name":"http"}': { '.': {}, 'f:name': {}, 'f:number': {} } },
            'f:tags': { 'v:"t"': {} },
          },
        },
      },
    ]);
    const again = await apply(WIDGETS, config);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(made.body);
  });

  test('conflicts with the fields of another manager, unless forced', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a', replicas: 2 }));
    const refused = await apply(WIDGETS, widget(name, { image: 'b' }), { fieldManager: 'two' });
    expect(refused.body).toEqual(
      failure(409, 'Conflict', 'Apply failed with 1 conflict: conflict with "one": .spec.image', {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.image' }],
      }),
    );
    const both = await apply(WIDGETS, widget(name, { image: 'b', replicas: 3 }), { fieldManager: 'two' });
    expect(both.body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.image\n- .spec.replicas',
    );
    const forced = await apply(WIDGETS, widget(name, { image: 'b' }), { fieldManager: 'two', force: 'true' });
    expect(forced.body.spec).toEqual({ image: 'b', replicas: 2 });
    expect(ownedBy(forced.body, 'one')).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(ownedBy(forced.body, 'two')).toEqual({ 'f:spec': { 'f:image': {} } });
  });

  test('shares a field that two managers apply alike, until one changes it', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a', settings: { a: '1' } }));
    const shared = await apply(WIDGETS, widget(name, { image: 'a', settings: { a: '1' } }), { fieldManager: 'two' });
    expect(ownedBy(shared.body, 'one')).toEqual(ownedBy(shared.body, 'two'));
    const dropped = await apply(WIDGETS, widget(name, { image: 'a' }));
    expect(dropped.body.spec.settings).toEqual({ a: '1' });
    const gone = await apply(WIDGETS, widget(name, { image: 'a' }), { fieldManager: 'two' });
    expect(gone.body.spec.settings?.a).toBeUndefined();
  });

  test('removes what a manager no longer applies', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a', replicas: 4, settings: { a: '1', b: '2' }, args: ['x'] }));
    const { body } = await apply(WIDGETS, widget(name, { image: 'a', settings: { b: '2' } }));
    expect(body.spec).toEqual({ image: 'a', replicas: 1, settings: { b: '2' } });
    expect(body.metadata.generation).toBe(2);
  });

  test('merges lists by their keys, sets by their values, atomic lists and maps as one', async () => {
    const name = fresh();
    await apply(
      WIDGETS,
      widget(name, {
        image: 'a',
        ports: [{ name: 'http', number: 80 }],
        tags: ['a', 'b'],
        args: ['x'],
        limits: { cpu: '1', memory: '1Gi' },
      }),
    );
    const two = { fieldManager: 'two' };
    const ports = [
      { name: 'admin', number: 81 },
      { name: 'http', note: 'open' },
    ];
    const merged = await apply(WIDGETS, widget(name, { ports, tags: ['c', 'a'] }), two);
    expect(merged.body.spec.ports).toEqual([
      { name: 'admin', number: 81 },
      { name: 'http', number: 80, note: 'open' },
    ]);
    expect([...merged.body.spec.tags].sort()).toEqual(['a', 'b', 'c']);
    const list = await apply(WIDGETS, widget(name, { args: ['x', 'y'] }), two);
    expect(list.body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.args' },
    ]);
    const map = await apply(WIDGETS, widget(name, { limits: { cpu: '2' } }), two);
    expect(map.body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.limits' },
    ]);
    const item = await apply(WIDGETS, widget(name, { ports: [{ name: 'http', number: 90 }] }), two);
    expect(item.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.ports[name="http"].number',
    );
    const left = await apply(WIDGETS, widget(name, { tags: ['c'] }), two);
    expect(left.body.spec.ports).toEqual([{ name: 'http', number: 80 }]);
    expect(left.body.spec.tags.toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('a write that is no apply takes fields, and an apply then conflicts with it', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a', settings: { a: '1' } }));
    const { body } = await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } }, { fieldManager: 'hand' });
    expect(ownedBy(body, 'one')).toEqual({ 'f:spec': { 'f:settings': { 'f:a': {} } } });
    expect(ownedBy(body, 'hand', 'Update')).toEqual({ 'f:spec': { 'f:image': {} } });
    const refused = await apply(WIDGETS, widget(name, { image: 'a', settings: { a: '1' } }));
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "hand" using exchanges.test/v1: .spec.image',
    );
    const forced = await apply(WIDGETS, widget(name, { image: 'a', settings: { a: '1' } }), { force: 'true' });
    expect(forced.body.spec.image).toBe('a');
    expect(ownedBy(forced.body, 'hand', 'Update')).toBeUndefined();
  });

  test('a value that does not fit the schema is a 500 without a reason', async () => {
    const name = fresh();
    const about = `failed to create typed patch object (/${name}; exchanges.test/v1, Kind=Widget): `;
    const tried = async (spec: object) => (await apply(WIDGETS, widget(name, spec))).body;
    const status = (message: string) => ({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      code: 500,
    });
    expect(await tried({ image: 'a', colour: 'red' })).toEqual(
      status(`${about}.spec.colour: field not declared in schema`),
    );
    expect(await tried({ image: 'a', replicas: 'two' })).toEqual(
      status(`${about}.spec.replicas: expected numeric (int or float), got string`),
    );
    expect(await tried({ image: 5 })).toEqual(
      status(`${about}.spec.image: expected string, got &value.valueUnstructured{Value:5}`),
    );
    expect(await tried({ image: 'a', enabled: 'yes' })).toEqual(
      status(`${about}.spec.enabled: expected boolean, got &{yes}`),
    );
    expect(await tried({ image: 'a', args: 'x' })).toEqual(status(`${about}.spec.args: expected list, got &{x}`));
    expect(await tried({ image: 'a', settings: ['x'] })).toEqual(
      status(`${about}.spec.settings: expected map, got &{[x]}`),
    );
    expect(await tried({ image: 'a', tags: ['t', 't'] })).toEqual(
      status(`${about}.spec.tags: duplicate entries for key [="t"]`),
    );
    const keyless = await tried({ image: 'a', ports: [{ number: 1 }] });
    expect(keyless.message).toContain(
      '.spec.ports: element 0: associative list with keys has an element that omits all key fields ["name"]',
    );
  });

  test('what is valid in form but breaks a rule is a 422', async () => {
    const wrong = await apply(WIDGETS, widget(fresh(), { image: 'a', replicas: 0 }));
    expect(wrong.body).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Widget' } });
  });

  test('refuses a null that no default fills, where other writes drop it', async () => {
    const name = fresh();
    const wrong = await apply(WIDGETS, widget(name, { image: 'a', settings: null, replicas: null }));
    expect(wrong.body.code).toBe(422);
    expect(wrong.body.details.causes).toContainEqual({
      reason: 'FieldValueTypeInvalid',
      message: 'Invalid value: "null": spec.settings in body must be of type object: "null"',
      field: 'spec.settings',
    });
    const made = await post(WIDGETS, widget(name, { image: 'a', settings: null, replicas: null }));
    expect(made.body.spec).toEqual({ image: 'a', replicas: 1 });
  });

  test('needs a manager, the kind of the path, and no managedFields', async () => {
    const name = fresh();
    const nobody = await kube.call('PATCH', `${WIDGETS}/${name}`, { body: widget(name, { image: 'a' }), type: APPLY });
    expect(nobody.body).toEqual(
      failure(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        {
          group: 'meta.k8s.io',
          kind: 'PatchOptions',
          causes: [
            {
              reason: 'FieldValueRequired',
              message: 'Required value: is required for apply patch',
              field: 'fieldManager',
            },
          ],
        },
      ),
    );
    const forced = await merge(`${WIDGETS}/${name}`, {}, { force: 'true' });
    expect(forced.body).toMatchObject({ code: 422, details: { kind: 'PatchOptions' } });
    const other = await apply(WIDGETS, { ...widget(name, { image: 'a' }), kind: 'Gadget' });
    expect(other.body).toEqual(failure(400, 'BadRequest', 'invalid object type: exchanges.test/v1, Kind=Gadget'));
    const owned = await apply(WIDGETS, widget(name, { image: 'a' }, { managedFields: [{ manager: 'x' }] }));
    expect(owned.body).toEqual(failure(400, 'BadRequest', 'metadata.managedFields must be nil'));
  });

  test('with a uid it makes no object anew, and touches no twin', async () => {
    const name = fresh();
    const uid = '00000000-0000-4000-8000-000000000000';
    const config = widget(name, { image: 'a' }, { uid });
    const missing = await apply(WIDGETS, config);
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    expect(missing.body).toEqual(
      failure(409, 'Conflict', `Operation cannot be fulfilled on widgets.exchanges.test "${name}": ${why}`, {
        name,
        group: 'exchanges.test',
        kind: 'widgets',
      }),
    );
    const { body: twin } = await apply(WIDGETS, widget(name, { image: 'a' }));
    const refused = await apply(WIDGETS, config);
    const message = `Invalid value: "${uid}": field is immutable`;
    expect(refused.body).toEqual(
      failure(422, 'Invalid', `Widget.exchanges.test "${name}" is invalid: metadata.uid: ${message}`, {
        name,
        group: 'exchanges.test',
        kind: 'Widget',
        // The API checks metadata twice.
        causes: Array(2).fill({ reason: 'FieldValueInvalid', message, field: 'metadata.uid' }),
      }),
    );
    const right = await apply(WIDGETS, widget(name, { image: 'a' }, { uid: twin.metadata.uid }));
    expect(right.body).toEqual(twin);
  });

  test('with a resourceVersion it refuses another one', async () => {
    const name = fresh();
    const { body } = await apply(WIDGETS, widget(name, { image: 'a' }));
    const { resourceVersion } = body.metadata;
    expect((await apply(WIDGETS, widget(name, { image: 'b' }, { resourceVersion }))).status).toBe(200);
    const stale = await apply(WIDGETS, widget(name, { image: 'c' }, { resourceVersion }));
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(stale.body.message).toContain('the object has been modified');
  });

  test('leaves no empty labels, finalizers or owners, and keeps what is empty in the spec', async () => {
    const name = fresh();
    const empty = { labels: {}, annotations: {}, finalizers: [], ownerReferences: [] };
    const made = await apply(WIDGETS, widget(name, { image: 'a', settings: {}, args: [] }, empty));
    expect(Object.keys(made.body.metadata).toSorted()).toEqual(
      ['creationTimestamp', 'generation', 'managedFields', 'name', 'namespace', 'resourceVersion', 'uid'].toSorted(),
    );
    expect(made.body.spec).toEqual({ image: 'a', replicas: 1, settings: {}, args: [] });
    const owned = { 'f:labels': {}, 'f:annotations': {} };
    expect(ownedBy(made.body, 'one')).toEqual({
      'f:metadata': owned,
      'f:spec': { 'f:image': {}, 'f:settings': {}, 'f:args': {} },
    });
  });

  test('refuses another name or namespace than that of the path', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a' }));
    const elsewhere = await apply(WIDGETS, widget(name, { image: 'a' }, { namespace: 'other' }));
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    expect(elsewhere.body).toEqual(failure(400, 'BadRequest', message));
    const path = `${WIDGETS}/${name}`;
    const query = { fieldManager: 'one' };
    const other = await kube.call('PATCH', path, { body: widget('other', { image: 'a' }), type: APPLY, query });
    expect(other.status).toBe(400);
  });

  test('a Secret whose data is no base64 is a 500', async () => {
    const name = fresh();
    const wrong = await apply(SECRETS, secret(name, { data: { a: '!!' } }));
    expect(wrong.body.code).toBe(500);
    expect(wrong.body.message).toBe(
      `failed to convert new object (/${name}; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: ` +
        'error decoding from json: illegal base64 data at input byte 0',
    );
  });

  test('owns labels one by one, and removes only its own', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a' }, { labels: { a: '1', b: '2' } }));
    await merge(`${WIDGETS}/${name}`, { metadata: { labels: { c: '3' } } });
    const { body } = await apply(WIDGETS, widget(name, { image: 'a' }, { labels: { b: '2' } }));
    expect(body.metadata.labels).toEqual({ b: '2', c: '3' });
    expect(ownedBy(body, 'one')).toEqual({ 'f:metadata': { 'f:labels': { 'f:b': {} } }, 'f:spec': { 'f:image': {} } });
  });

  test('stringData of a Secret goes into its data, and again without a change', async () => {
    const name = fresh();
    const made = await apply(SECRETS, secret(name, { stringData: { a: '1' } }));
    expect(made.body.data).toEqual({ a: 'MQ==' });
    const again = await apply(SECRETS, secret(name, { stringData: { a: '1' } }));
    expect(again.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion);
    const data = await apply(SECRETS, secret(name, { data: { b: 'Mg==' } }), { fieldManager: 'two' });
    expect(data.body.data).toEqual({ a: 'MQ==', b: 'Mg==' });
    const dropped = await apply(SECRETS, secret(name, { data: {} }), { fieldManager: 'two' });
    expect(dropped.body.data).toEqual({ a: 'MQ==' });
    expect((await apply(SECRETS, secret(fresh(), { data: {} }))).body.data).toBeUndefined();
  });

  test('takes YAML', async () => {
    const name = fresh();
    const body = `apiVersion: exchanges.test/v1\nkind: Widget\nmetadata:\n  name: ${name}\nspec:\n  image: "1"\n  replicas: 2\n`;
    const made = await kube.call('PATCH', `${WIDGETS}/${name}`, { body, type: APPLY, query: { fieldManager: 'one' } });
    expect(made.body.spec).toEqual({ image: '1', replicas: 2 });
  });
});

describe('status and generation', () => {
  test('the status is written through its own endpoint alone', async () => {
    const name = fresh();
    const made = await post(WIDGETS, { ...widget(name, { image: 'a' }), status: { phase: 'x' } });
    expect(made.body.status).toBeUndefined();
    const main = await merge(`${WIDGETS}/${name}`, { status: { phase: 'x' } });
    expect(main.body.status).toBeUndefined();
    const query = { fieldManager: 'actor' };
    const body = { status: { phase: 'ready' }, spec: { image: 'b' }, metadata: { labels: { a: '1' } } };
    const own = await merge(`${WIDGETS}/${name}/status`, body, query);
    expect(own.body.status).toEqual({ phase: 'ready' });
    expect(own.body.spec.image).toBe('a');
    expect(own.body.metadata.labels).toBeUndefined();
    expect(own.body.metadata.generation).toBe(1);
    expect(own.body.metadata.resourceVersion).not.toBe(made.body.metadata.resourceVersion);
    expect(ownedBy(own.body, 'actor', 'Update', 'status')).toEqual({ 'f:status': { '.': {}, 'f:phase': {} } });
    const put = await kube.call('PUT', `${WIDGETS}/${name}/status`, {
      body: { ...own.body, status: { phase: 'gone' } },
    });
    expect(put.body.status).toEqual({ phase: 'gone' });
    expect((await get(`${WIDGETS}/${name}/status`)).status).toEqual({ phase: 'gone' });
  });

  test('an apply of the status owns the status alone', async () => {
    const name = fresh();
    await apply(WIDGETS, widget(name, { image: 'a' }));
    const body = { ...widget(name, { image: 'z' }), status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const query = { fieldManager: 'actor', force: 'true' };
    const { body: after } = await kube.call('PATCH', `${WIDGETS}/${name}/status`, { body, type: APPLY, query });
    expect(after.spec.image).toBe('a');
    expect(after.status.conditions).toEqual([{ type: 'Ready', status: 'True' }]);
    expect(ownedBy(after, 'actor', 'Apply', 'status')).toEqual({
      'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } } },
    });
  });

  test('the generation moves with the spec and not with metadata', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a' }));
    const labelled = await merge(`${WIDGETS}/${name}`, { metadata: { labels: { a: '1' }, generation: 7 } });
    expect(labelled.body.metadata.generation).toBe(1);
    const changed = await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } });
    expect(changed.body.metadata.generation).toBe(2);
  });
});

describe('deletion', () => {
  test('takes an object away at once', async () => {
    const name = fresh();
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }));
    const gone = await kube.call('DELETE', `${WIDGETS}/${name}`);
    expect(gone.status).toBe(200);
    expect(gone.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, group: 'exchanges.test', kind: 'widgets', uid: made.metadata.uid },
    });
    expect((await kube.call('GET', `${WIDGETS}/${name}`)).status).toBe(404);
  });

  test('waits for finalizers, takes no new ones, and ends with the last', async () => {
    const name = fresh();
    const finalizers = ['exchanges.test/hold'];
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }, { finalizers }));
    const marked = await kube.call('DELETE', `${WIDGETS}/${name}`);
    expect(marked.status).toBe(200);
    expect(marked.body.metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 0,
      generation: 2,
      finalizers,
    });
    expect(marked.body.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
    const again = await kube.call('DELETE', `${WIDGETS}/${name}`);
    expect(again.body.metadata.deletionTimestamp).toBe(marked.body.metadata.deletionTimestamp);
    const more = await merge(`${WIDGETS}/${name}`, {
      metadata: { finalizers: [...finalizers, 'exchanges.test/more'] },
    });
    expect(more.body.details.causes[0]).toEqual({
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"exchanges.test/more"}',
      field: 'metadata.finalizers',
    });
    const released = await merge(`${WIDGETS}/${name}`, { metadata: { finalizers: null } });
    expect(released.status).toBe(200);
    expect((await kube.call('GET', `${WIDGETS}/${name}`)).status).toBe(404);
  });

  test('in the foreground waits for the garbage collector', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a' }));
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };
    const marked = await kube.call('DELETE', `${WIDGETS}/${name}`, { body });
    expect(marked.body.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(marked.body.metadata.deletionTimestamp).toEqual(expect.any(String));
  });

  test('takes its options from the query when there is no body', async () => {
    const name = fresh();
    await post(WIDGETS, widget(name, { image: 'a' }));
    const marked = await kube.call('DELETE', `${WIDGETS}/${name}`, { query: { propagationPolicy: 'Foreground' } });
    expect(marked.body.metadata.finalizers).toEqual(['foregroundDeletion']);
    const wrong = await kube.call('DELETE', `${WIDGETS}/${name}`, { query: { propagationPolicy: 'Sometimes' } });
    expect(wrong.body).toMatchObject({ code: 422, details: { kind: 'DeleteOptions' } });
  });

  test('holds its preconditions', async () => {
    const name = fresh();
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }));
    const remove = (preconditions: object) =>
      kube.call('DELETE', `${WIDGETS}/${name}`, { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } });
    const about = `Operation cannot be fulfilled on Widget.exchanges.test "${name}": `;
    const details = { name, group: 'exchanges.test', kind: 'Widget' };
    expect((await remove({ uid: 'other' })).body).toEqual(
      failure(
        409,
        'Conflict',
        `${about}the UID in the precondition (other) does not match the UID in record (${made.metadata.uid}). The object might have been deleted and then recreated`,
        details,
      ),
    );
    expect((await remove({ resourceVersion: '1' })).body).toEqual(
      failure(
        409,
        'Conflict',
        `${about}the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${made.metadata.resourceVersion}). The object might have been modified`,
        details,
      ),
    );
    expect((await remove({ uid: made.metadata.uid })).body.status).toBe('Success');
  });
});

describe('lists', () => {
  test('hold what the selectors choose', async () => {
    const mark = fresh();
    const names = [fresh(), fresh(), fresh()];
    for (const [index, name] of names.entries()) {
      await post(SECRETS, { ...secret(name), metadata: { name, labels: { mark, index: String(index) } } });
    }
    const listed = async (query: Record<string, string>) => {
      const { body } = await kube.call('GET', SECRETS, { query });
      return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    };
    expect(await listed({ labelSelector: `mark=${mark}` })).toEqual(names.toSorted());
    expect(await listed({ labelSelector: `mark=${mark},index!=0` })).toEqual(names.slice(1).toSorted());
    expect(await listed({ labelSelector: `mark in (${mark}),index notin (0, 1)` })).toEqual(names.slice(2));
    expect(await listed({ labelSelector: `mark=${mark},!index` })).toEqual([]);
    expect(await listed({ fieldSelector: `metadata.name=${names[1]}` })).toEqual([names[1]]);
    const { body } = await kube.call('GET', SECRETS, { query: { labelSelector: `mark=${mark}` } });
    expect(body).toMatchObject({ kind: 'SecretList', apiVersion: 'v1' });
    expect(body.items[0].kind).toBeUndefined();
    const everywhere = await kube.call('GET', '/api/v1/secrets', { query: { labelSelector: `mark=${mark}` } });
    expect(everywhere.body.items).toHaveLength(3);
    const wrong = await kube.call('GET', WIDGETS, { query: { fieldSelector: 'spec.image=a' } });
    expect(wrong.body).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(wrong.body.message).toContain('field label not supported: spec.image');
  });

  test('refuse revisions and limits that are no numbers, and revisions that are to come', async () => {
    const wrong = await kube.call('GET', SECRETS, { query: { resourceVersion: 'x' } });
    expect(wrong.body.message).toBe(
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    );
    expect((await kube.call('GET', SECRETS, { query: { limit: 'x' } })).status).toBe(400);
    const early = await kube.call('GET', WIDGETS, { query: { resourceVersion: '99999999' } });
    expect(early.body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
    });
  });

  test('come in pages of one revision, whatever is written between', async () => {
    const mark = fresh();
    const names = [fresh(), fresh(), fresh(), fresh()].toSorted();
    for (const name of names) await post(WIDGETS, widget(name, { image: 'a' }, { labels: { mark } }));
    await post(WIDGETS, widget(`z${run}`, { image: 'a' }));
    const page = (query: Record<string, string>) =>
      kube.call('GET', WIDGETS, { query: { labelSelector: `mark=${mark}`, limit: '2', ...query } });
    const { body: first } = await page({});
    expect(first.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(names.slice(0, 2));
    expect(first.items[0].kind).toBe('Widget');
    expect(first.metadata.continue).toEqual(expect.any(String));
    await kube.call('DELETE', `${WIDGETS}/${names[3]}`);
    await merge(`${WIDGETS}/${names[2]}`, { spec: { image: 'b' } });
    const { body: second } = await page({ continue: first.metadata.continue });
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(second.items.map((item: { spec: { image: string } }) => item.spec.image)).toEqual(['a', 'a']);
    // More objects follow, which the selector does not choose: the last page is empty.
    const { body: last } = await page({ continue: second.metadata.continue });
    expect(last.items).toEqual([]);
    expect(last.metadata.continue).toBe('');
    const wrong = await page({ continue: 'nonsense' });
    expect(wrong.body).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('watches', () => {
  test('tell what is added, changed and deleted after a revision', async () => {
    const mark = fresh();
    const name = fresh();
    const query = { labelSelector: `mark=${mark}` };
    const { body: list } = await kube.call('GET', WIDGETS, { query });
    const watch = await kube.watch(WIDGETS, { ...query, resourceVersion: list.metadata.resourceVersion });
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }, { labels: { mark } }));
    expect(await watch.next()).toEqual({ type: 'ADDED', object: made });
    const { body: changed } = await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } });
    expect(await watch.next()).toEqual({ type: 'MODIFIED', object: changed });
    await kube.call('DELETE', `${WIDGETS}/${name}`);
    const last = await watch.next();
    expect(last?.type).toBe('DELETED');
    expect(last?.object).toMatchObject({ spec: { image: 'b' }, metadata: { name } });
    expect(Number(last?.object.metadata['resourceVersion'])).toBeGreaterThan(Number(changed.metadata.resourceVersion));
    await watch.close();
  });

  test('tell DELETED when labels leave the selector, and ADDED when they enter it', async () => {
    const mark = fresh();
    const name = fresh();
    const { body: made } = await post(WIDGETS, widget(name, { image: 'a' }, { labels: { mark } }));
    const { resourceVersion } = made.metadata;
    const watch = await kube.watch(WIDGETS, { labelSelector: `mark=${mark}`, resourceVersion });
    const { body: left } = await merge(`${WIDGETS}/${name}`, { metadata: { labels: { mark: null } } });
    const leaving = await watch.next();
    expect(leaving).toMatchObject({ type: 'DELETED', object: { metadata: { name, labels: { mark } } } });
    expect(leaving?.object.metadata['resourceVersion']).toBe(left.metadata.resourceVersion);
    await merge(`${WIDGETS}/${name}`, { spec: { image: 'b' } });
    const { body: back } = await merge(`${WIDGETS}/${name}`, { metadata: { labels: { mark } } });
    expect(await watch.next()).toEqual({ type: 'ADDED', object: back });
    await watch.close();
  });

  test('begin with what there is when no revision is given, and end in time with a bookmark', async () => {
    const mark = fresh();
    const { body: made } = await post(WIDGETS, widget(fresh(), { image: 'a' }, { labels: { mark } }));
    const watch = await kube.watch(WIDGETS, {
      labelSelector: `mark=${mark}`,
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '3',
    });
    expect(await watch.next()).toEqual({ type: 'ADDED', object: made });
    const mark2 = await watch.next();
    expect(mark2).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Widget', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(Number(mark2?.object.metadata['resourceVersion'])).toBeGreaterThanOrEqual(
      Number(made.metadata.resourceVersion),
    );
    let event = await watch.next();
    while (event) {
      expect(event.type).toBe('BOOKMARK');
      event = await watch.next();
    }
  });
});

describe('access and paths', () => {
  test('a wrong token and none are unauthorized', async () => {
    const wrong = await createKubeClient(kube.url, 'wrong').call('GET', SECRETS);
    expect(wrong.status).toBe(401);
    expect(wrong.body).toEqual(failure(401, 'Unauthorized', 'Unauthorized'));
    expect((await fetch(`${kube.url}${SECRETS}`)).status).toBe(401);
  });

  test('paths without a resource are not found', async () => {
    const builtIn = await kube.call('GET', '/api/v1/namespaces/default/nothings');
    expect(builtIn.body).toEqual(failure(404, 'NotFound', 'the server could not find the requested resource', {}));
    const custom = await kube.call('GET', '/apis/exchanges.test/v1/namespaces/default/nothings');
    expect(custom.status).toBe(404);
    expect(custom.text).toBe('404 page not found\n');
  });

  test('discovery names groups, versions and resources', async () => {
    expect((await get('/version')).major).toBe('1');
    expect((await get('/api')).versions).toContain('v1');
    const groups = (await get('/apis')).groups.map(({ name }: { name: string }) => name);
    expect(groups).toContain('exchanges.test');
    expect((await get('/apis/exchanges.test')).preferredVersion.groupVersion).toBe('exchanges.test/v1');
    const { resources } = await get('/apis/exchanges.test/v1');
    expect(resources.map(({ name }: { name: string }) => name).toSorted()).toEqual(['widgets', 'widgets/status']);
  });
});
