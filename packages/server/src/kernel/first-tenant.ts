/** The tenant that an embedded database has after its first start. The examples of the document name it, so that they work. */
export const FIRST_TENANT = {
  id: '00000000-0000-0000-0000-000000000001',
  slug: 'acme',
  name: 'Acme Inc.',
} as const;
