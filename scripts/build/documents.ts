/**
 * Writes the OpenAPI document into files: `node --conditions=@tenant-registry/source documents.ts <document> <document of
 * the API reference>`. A program of its own, because it runs the server's sources, which that condition leads to.
 */
import { writeFileSync } from 'node:fs';
import { documentText, referenceDocumentText } from '../../packages/server/src/http/docs/document-texts.ts';

const [document = '', reference = ''] = process.argv.slice(2);
writeFileSync(document, await documentText());
writeFileSync(reference, await referenceDocumentText());
