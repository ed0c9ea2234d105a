import { parse } from 'yaml';
import { isObject, type Json, type KubeObject, type Manifest } from './kube-object.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from './patches.ts';
import type { ResourceType } from './resource-types.ts';
import { badRequest, StatusError } from './status-errors.ts';

const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const apply = 'application/apply-patch+yaml';

/**
 * Reads the body of a PATCH by its content type into a change of an object. Throws UnsupportedMediaType
 * (strategic merge isn't for custom resources) and BadRequest. Apply is as good as a merge patch here:
 * fields have no managers.
 */
export function readPatch(
  type: ResourceType,
  contentType: string,
  body: string,
): (current: KubeObject) => Manifest {
  const media = contentType.split(';')[0]?.trim() ?? '';
  const accepted = type.custom ? [json, merge, apply] : [json, merge, strategic, apply];
  if (!accepted.includes(media)) {
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
    throw new StatusError(415, 'UnsupportedMediaType', message);
  }
  const patch = readBody(media, body);
  if (media === json) {
    if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object');
    return (current) => asManifest(jsonPatch(asJson(current), patch as readonly Json[]));
  }
  if (!isObject(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  }
  if (media === strategic) return (current) => asManifest(strategicMergePatch(asJson(current), patch));
  return (current) => asManifest(mergePatch(asJson(current), patch));
}

function readBody(media: string, body: string): unknown {
  try {
    return media === apply ? (parse(body) as unknown) : JSON.parse(body);
  } catch {
    throw badRequest('error decoding patch: invalid JSON');
  }
}

function asJson(object: KubeObject): Json {
  return object as unknown as Json;
}

function asManifest(value: Json): Manifest {
  if (isObject(value) && isObject(value['metadata'])) return value as unknown as Manifest;
  throw badRequest('the patch leaves no object');
}
