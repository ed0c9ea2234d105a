import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject, type Manifest, textAt } from './api/kube-object.ts';

const repository = join(import.meta.dirname, '..', '..', '..', 'manifests', 'chatelaine');

/** What of the bot's manifests decides what it may: its account, Roles, bindings and admission policy. */
const kinds = new Set([
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** Reads the bot's own manifests, so that the stand-in grants what a cluster would. Throws where the folder is missing. */
export function readManifests(folder: string = repository): readonly Manifest[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as unknown)
    .filter(isManifest)
    .filter(({ kind }) => kinds.has(kind));
}

function isManifest(value: unknown): value is Manifest {
  return isObject(value) && textAt(value, 'kind') !== undefined && isObject(value['metadata']);
}
