// engine: none
import { CloudEvent, HTTP } from 'cloudevents';
import { expect, test } from 'vitest';
import { type Event, event } from '../../events/schema.ts';
import { bodyOf } from './format.ts';

const created: Event = {
  id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10',
  type: 'project.created',
  timestamp: '2026-03-01T10:00:00.123Z',
  tenant_id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c11',
  project_id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c12',
  product: 'certifai',
  subject: { type: 'project', id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c12' },
  data: { name: 'ü', nested: { list: [1, null] } },
};
const bare: Event = { ...created, tenant_id: null, project_id: null, product: null };

test('json is the event as feeds and the history give it', () => {
  const { contentType, text } = bodyOf(created, 'json', 'urn:tenant-registry');
  expect(contentType).toBe('application/json');
  expect(event.parse(JSON.parse(text))).toEqual(created);
});

test.each([created, bare])('the CloudEvents SDK reads a strictly valid event', (given) => {
  const { contentType, text } = bodyOf(given, 'cloudevents', 'https://registry.example');
  const read = HTTP.toEvent({ headers: { 'content-type': contentType }, body: text });
  if (!(read instanceof CloudEvent)) throw new Error('one message is one event');
  expect(read.validate()).toBe(true);
  expect(read.toJSON()).toMatchObject({
    specversion: '1.0',
    id: given.id,
    source: 'https://registry.example',
    type: given.type,
    time: given.timestamp,
    subject: `${given.subject.type}/${given.subject.id}`,
    datacontenttype: 'application/json',
    data: given.data,
  });
  expect([read['tenantid'], read['projectid'], read['product']]).toEqual(
    [given.tenant_id, given.project_id, given.product].map((value) => value ?? undefined),
  );
});
