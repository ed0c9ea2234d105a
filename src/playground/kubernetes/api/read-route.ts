import { groupVersionOf, type ResourceType, resourceTypes } from './resource-types.ts';

/** What a URL of the API asks about. */
export interface Route {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const types = new Map(resourceTypes.map((type) => [`${groupVersionOf(type)} ${type.resource}`, type]));

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…`; undefined for what names no resource that is served. */
export function readRoute(path: string): Route | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [root, ...rest] = parts;
  if (root === 'api') return resourceIn(rest[0] ?? '', rest.slice(1));
  if (root === 'apis') return resourceIn(`${rest[0]}/${rest[1]}`, rest.slice(2));
  return undefined;
}

function resourceIn(groupVersion: string, parts: readonly string[]): Route | undefined {
  const [first = '', second, third, ...more] = parts;
  if (first === 'namespaces' && second !== undefined && third !== undefined) {
    const type = types.get(`${groupVersion} ${third}`);
    if (type?.namespaced === true) return routeOf(type, more, second);
  }
  const type = types.get(`${groupVersion} ${first}`);
  if (type === undefined) return undefined;
  return routeOf(type, parts.slice(1), undefined);
}

function routeOf(
  type: ResourceType,
  parts: readonly string[],
  namespace: string | undefined,
): Route | undefined {
  const [name, subresource, ...more] = parts;
  if (more.length > 0) return undefined;
  if (type.namespaced && namespace === undefined && name !== undefined) return undefined;
  return {
    type,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** What a URL would ask about if there were such a resource. */
export interface UnknownRoute {
  readonly groupVersion: string;
  readonly type: Pick<ResourceType, 'group' | 'resource'>;
  readonly namespace?: string;
  readonly name?: string;
}

/** Reads the URL of a resource that is not served, as far as rights are asked for it; undefined for other paths. */
export function readUnknown(path: string): UnknownRoute | undefined {
  const found =
    /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path);
  if (found === null) return undefined;
  const [, core, other = '', namespace, resource = '', name] = found;
  return {
    groupVersion: core ?? other,
    type: { group: core === undefined ? (other.split('/')[0] ?? '') : '', resource },
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** The verb as RBAC names it; undefined where the method fits nothing. */
export function verbOf(
  method: string,
  { name }: Pick<Route, 'name'>,
  query: URLSearchParams,
): Verb | undefined {
  const watching = ['1', 'true'].includes(query.get('watch') ?? '');
  switch (method) {
    case 'GET':
      if (name !== undefined) return 'get';
      return watching ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}
