/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Project } from '../schemas/projects.ts';
import type { EventEnvelope } from './access.ts';

/** A project was archived. */
export interface ProjectArchivedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'project.archived';
  /** A part of a tenant with keys and settings of its own. */
  data: Project;
}

/** A project was created. */
export interface ProjectCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'project.created';
  /** A part of a tenant with keys and settings of its own. */
  data: Project;
}

/** A project was deleted together with the user who owned it. */
export interface ProjectDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'project.deleted';
  /** A part of a tenant with keys and settings of its own. */
  data: Project;
}

/** Name or description of a project changed. */
export interface ProjectUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'project.updated';
  /** A part of a tenant with keys and settings of its own. */
  data: Project;
}
