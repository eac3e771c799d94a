/** The bill of materials of a bundle, in CycloneDX 1.6: all that it holds of others. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FromNodePackageJson, License } from '@cyclonedx/cyclonedx-library/Contrib';
import { ComponentType, HashAlgorithm, LifecyclePhase } from '@cyclonedx/cyclonedx-library/Enums';
import { Bom, Component } from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import parseExpression from 'spdx-expression-parse';
import { type Inner, inside, node } from './inside.ts';
import { type Locked, locked } from './lockfile.ts';
import type { Package } from './packages.ts';
import { root } from './places.ts';

export interface Contents {
  /** The package of this repository that is published with the bundle. */
  readonly product: string;
  /** Whether an executable, and so Node, belongs to it. */
  readonly withNode: boolean;
}

const licenseFactory = new License.Factories.LicenseFactory((text) => void parseExpression(text));
const builder = new FromNodePackageJson.Builders.ComponentBuilder(
  new FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licenseFactory,
);

/**
 * Writes sbom.cdx.json for these packages. Equal packages give equal bytes: there is no time in it, and its serial number is
 * a digest of the rest.
 */
export function sbom(dist: string, packages: readonly Package[], { product, withNode }: Contents): void {
  const bom = new Bom();
  bom.metadata.lifecycles.add(LifecyclePhase.Build);
  const application = productComponent(product);
  bom.metadata.component = application;
  const direct = [...addPackages(bom, packages), ...(withNode ? [nodeComponent()] : [])];
  for (const component of direct) {
    bom.components.add(component);
    application.dependencies.add(component.bomRef);
  }
  bom.serialNumber = serialOf(textOf(bom));
  writeFileSync(join(dist, 'sbom.cdx.json'), textOf(bom));
}

/** Adds the packages, with what each depends on; returns those that this repository itself names. */
function addPackages(bom: Bom, packages: readonly Package[]): Component[] {
  const lockfile = locked();
  const components = new Map(packages.map((each) => [`${each.name}@${each.version}`, componentOf(each, lockfile)]));
  for (const [id, component] of components) {
    bom.components.add(component);
    for (const target of lockfile.dependencies(id)) {
      const known = components.get(target);
      if (known !== undefined) component.dependencies.add(known.bomRef);
    }
  }
  return [...components].flatMap(([id, component]) => (lockfile.direct.has(id) ? [component] : []));
}

function textOf(bom: Bom): string {
  const serializer = new JsonSerializer(new Json.Normalize.Factory(Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** A UUID of version 8 (RFC 9562), made of a digest. */
function serialOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}

function productComponent(name: string): Component {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const purl = `pkg:npm/%40tenant-registry/${name}@${version}`;
  const group = '@tenant-registry';
  const product = new Component(ComponentType.Application, name, { group, version, purl, bomRef: purl });
  product.licenses.add(licenseFactory.makeFromString('Apache-2.0'));
  return product;
}

function componentOf(each: Package, lockfile: Locked): Component {
  const component = builder.makeComponent(each.manifest);
  if (component === undefined) throw new Error(`${each.folder} has no name`);
  component.purl = purlOf({ ...each, from: 'npm' });
  component.bomRef.value = component.purl;
  const sha512 = lockfile.sha512(`${each.name}@${each.version}`);
  if (sha512 !== undefined) component.hashes.set(HashAlgorithm['SHA-512'], sha512);
  for (const inner of inside(each)) component.components.add(innerComponent(inner, component.purl));
  return component;
}

function nodeComponent(): Component {
  const { runtime, within } = node();
  const component = innerComponent(runtime, 'executable');
  component.type = ComponentType.Platform;
  component.licenses.add(licenseFactory.makeFromString('MIT'));
  for (const inner of within) component.components.add(innerComponent(inner, 'executable'));
  return component;
}

/** A component whose manifest is not there: name and version are what is known. */
function innerComponent(inner: Inner, outer: string): Component {
  const [name = '', group] = inner.name.split('/').reverse();
  const purl = purlOf(inner);
  const component = new Component(ComponentType.Library, name, { version: inner.version, purl });
  if (group !== undefined) component.group = group;
  if (inner.cpe !== undefined) component.cpe = inner.cpe;
  // A package can be in several files at once.
  component.bomRef.value = `${outer}#${purl}`;
  return component;
}

function purlOf({ from, name, version }: Inner): string {
  return `pkg:${from}/${name.replace('@', '%40')}@${encodeURIComponent(version)}`;
}
