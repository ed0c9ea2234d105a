import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject, type Manifest, textAt } from './api/kube-object.ts';

const repository = join(import.meta.dirname, '..', '..', '..', 'manifests');
const folders = [join(repository, 'chatelaine'), join(repository, 'vault-snapshots')];

/** What of the manifests decides what the bot may: its account, Roles, bindings and policies, and the CronJob that one is about. */
const kinds = new Set([
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'CronJob',
]);

/** Reads the bot's own manifests, so that the stand-in grants what a cluster would. Throws where the folder is missing. */
export function readManifests(folder?: string): readonly Manifest[] {
  return (folder === undefined ? folders : [folder])
    .flatMap(filesIn)
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as unknown)
    .filter(isManifest)
    .filter(({ kind }) => kinds.has(kind));
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(folder, file));
}

function isManifest(value: unknown): value is Manifest {
  return isObject(value) && textAt(value, 'kind') !== undefined && isObject(value['metadata']);
}
