/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Session } from '../schemas/users.ts';
import type { EventEnvelope } from './access.ts';
import type { SignInOutcome } from './idp-config.ts';

/** A session was ended before its time. */
export interface SessionEndedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'session.ended';
  /** A session of a person in a browser, without its cookie. */
  data: Session;
}

/** A sign-in through a provider was refused. */
export interface SessionRefusedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'session.refused';
  /** How a sign-in through an SSO configuration went. */
  data: SignInOutcome;
}

/** A person signed in, or changed the password and goes on in a new session. */
export interface SessionStartedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'session.started';
  /** A session of a person in a browser, without its cookie. */
  data: Session;
}
