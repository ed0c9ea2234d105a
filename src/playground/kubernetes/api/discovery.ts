import type { Reply } from '../../http-stand-in.ts';
import { groupVersionOf, type ResourceType, resourceTypes } from './resource-types.ts';

const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-02-10T12:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What needs no token: health and the version. */
export function publicEndpoint(path: string): Reply | undefined {
  if (['/readyz', '/livez', '/healthz'].includes(path)) {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
  }
  return path === '/version' ? { status: 200, body: version } : undefined;
}

/** Which groups, versions and resources are served; undefined for a path that isn't discovery's. */
export function discovery(path: string): Reply | undefined {
  const [root, group, groupVersion, ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0) return undefined;
  if (root === 'api' && groupVersion === undefined) {
    if (group === undefined) return { status: 200, body: { kind: 'APIVersions', versions: ['v1'] } };
    return resourceList('', group);
  }
  if (root !== 'apis') return undefined;
  if (group === undefined) {
    return { status: 200, body: { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) } };
  }
  if (groupVersion !== undefined) return resourceList(group, groupVersion);
  if (!groups().includes(group)) return undefined;
  return { status: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) } };
}

function groups(): readonly string[] {
  return [...new Set(resourceTypes.map((type) => type.group))].filter((group) => group !== '');
}

function groupOf(name: string): Readonly<Record<string, unknown>> {
  const preferredVersion = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [preferredVersion], preferredVersion };
}

function resourceList(group: string, version: string): Reply | undefined {
  const types = resourceTypes.filter((type) => type.group === group && type.version === version);
  const [first] = types;
  if (first === undefined) return undefined;
  const body = {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersionOf(first),
    resources: types.flatMap(resourceEntries),
  };
  return { status: 200, body };
}

function resourceEntries(type: ResourceType): readonly Readonly<Record<string, unknown>>[] {
  const entry = {
    name: type.resource,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs,
  };
  if (!type.status) return [entry];
  const status = { ...entry, name: `${type.resource}/status`, verbs: ['get', 'patch', 'update'] };
  return [entry, status];
}
