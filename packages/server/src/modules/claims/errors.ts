import { kernelErrors } from '../../kernel/errors.ts';

/** No tenant matches: everybody's error. */
export const { notFound } = kernelErrors;
