/**
 * The texts of the document: the one that generators read, and the one of the API reference. Here they are made when they
 * are first asked for; the build puts files in the place of this module.
 */
import { openapiDocument } from '../openapi.ts';
import { listOperations } from '../operations.ts';
import { withSdkSamples } from './sdk-samples.ts';

export const documentText = async () => Buffer.from(JSON.stringify(openapiDocument()));

export const referenceDocumentText = async () =>
  Buffer.from(JSON.stringify(withSdkSamples(openapiDocument(), listOperations())));
