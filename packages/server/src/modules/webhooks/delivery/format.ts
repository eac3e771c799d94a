/** Event → body: as it is, or as a CloudEvent. */
import type { Event } from '../../events/schema.ts';

export type Format = 'json' | 'cloudevents';

export interface Body {
  readonly contentType: string;
  readonly text: string;
}

/** Returns the body in the format. `source` names this registry in CloudEvents: a URI. */
export function bodyOf(event: Event, format: Format, source: string): Body {
  switch (format) {
    case 'json':
      return { contentType: 'application/json', text: JSON.stringify(event) };
    case 'cloudevents':
      return { contentType: 'application/cloudevents+json', text: JSON.stringify(cloudEvent(event, source)) };
    default:
      return format satisfies never;
  }
}

/** CloudEvents 1.0, structured mode. An attribute without a value is absent, and names of extensions are lower case. */
function cloudEvent({ id, type, timestamp, subject, data, ...about }: Event, source: string) {
  const { tenant_id, project_id, product } = about;
  return {
    specversion: '1.0',
    id,
    source,
    type,
    time: timestamp,
    subject: `${subject.type}/${subject.id}`,
    datacontenttype: 'application/json',
    ...(tenant_id === null ? {} : { tenantid: tenant_id }),
    ...(project_id === null ? {} : { projectid: project_id }),
    ...(product === null ? {} : { product }),
    data,
  };
}
