import { expect, test } from 'vitest';
import { newTenant, testServer } from '../../test/support/server.ts';

const server = testServer();

const answerTo = async (path: string, tag: string, method = 'GET') => {
  const headers = { authorization: `Bearer ${server.operatorToken}`, 'if-none-match': tag };
  const response = await fetch(server.url + path, { method, headers });
  return { status: response.status, etag: response.headers.get('etag'), text: await response.text() };
};

// proves A69
test('a GET that names the current tag is answered 304 with the tag and no body, and any other in full', async () => {
  const { id } = await newTenant(server);
  const path = `/v1/tenants/${id}`;
  const etag = String((await server.call(`GET ${path}`)).headers.get('etag'));
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*', ` ${etag} `])
    expect(await answerTo(path, tag), tag).toEqual({ status: 304, etag, text: '' });
  expect(await answerTo(path, etag, 'HEAD')).toEqual({ status: 304, etag, text: '' });
  for (const tag of ['"other"', etag.slice(1, -1), ''])
    expect(await answerTo(path, tag), tag).toMatchObject({ status: 200, etag });
  await server.call(`PATCH ${path}`, { body: { name: 'Other' } });
  expect((await answerTo(path, etag)).status).toBe(200);
  // What is not there, and what the caller may not read, is told as ever.
  expect((await answerTo(`${path}0`, '*')).status).toBe(400);
  expect((await fetch(server.url + path, { headers: { 'if-none-match': '*' } })).status).toBe(401);
});

test('a change is made, whatever If-None-Match says, and a list has no tag', async () => {
  const { id } = await newTenant(server);
  const headers = { 'if-none-match': '*' };
  const changed = await server.call(`PATCH /v1/tenants/${id}`, { body: { name: 'Other' }, headers });
  expect([changed.status, changed.body.name]).toEqual([200, 'Other']);
  expect((await server.call('GET /v1/tenants', { headers })).status).toBe(200);
});
