// engine: none
import { expect, test } from 'vitest';
import { trustDomainOf } from './spiffe.ts';

test.each([
  ['spiffe://acme.example/billing/exporter', 'acme.example'],
  ['spiffe://acme_1.example/A-z_0.9', 'acme_1.example'],
  ['spiffe://acme.example/...', 'acme.example'],
  ['spiffe://acme.example', undefined],
  ['spiffe://acme.example/', undefined],
  ['spiffe://acme.example//a', undefined],
  ['spiffe://acme.example/a/', undefined],
  ['spiffe://acme.example/./a', undefined],
  ['spiffe://acme.example/a/..', undefined],
  ['spiffe://acme.example:443/a', undefined],
  ['spiffe://user@acme.example/a', undefined],
  ['spiffe://Acme.example/a', undefined],
  ['spiffe://acme.example/a?b', undefined],
  ['spiffe://acme.example/a%20b', undefined],
  ['SPIFFE://acme.example/a', undefined],
  ['https://acme.example/a', undefined],
  ['', undefined],
])('%s names the trust domain %s', (subject, domain) => {
  expect(trustDomainOf(subject)).toBe(domain);
});
