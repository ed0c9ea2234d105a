import { type KubeObject, textAt } from './kube-object.ts';
import { badRequest } from './status-errors.ts';

export type Selector = (object: KubeObject) => boolean;

/** Splits at commas that aren't inside brackets: `a in (b,c),d`. */
function requirementsOf(text: string): readonly string[] {
  return text
    .split(/,(?![^()]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/;
const equality = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/;
const presence = /^(!?)\s*([^\s=!()]+)$/;

/** Reads a label selector. Throws BadRequest for one that can't be read. */
export function labelSelector(text: string): Selector {
  const requirements = requirementsOf(text).map(labelRequirement);
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}));
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const inSet = set.exec(text);
  if (inSet !== null) {
    const [, key = '', operator, values = ''] = inSet;
    const wanted = values.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return (value !== undefined && wanted.includes(value)) === (operator === 'in');
    };
  }
  const equal = equality.exec(text);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const present = presence.exec(text);
  if (present === null)
    throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
  const [, not, key = ''] = present;
  return (labels) => key in labels === (not === '');
}

const everywhere = ['metadata.name', 'metadata.namespace'];
/** Fields that the real server knows for the kinds where more than the name can be asked for. */
const fieldsOfKind: Readonly<Record<string, readonly string[]>> = {
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Secret: ['type'],
  Pod: ['spec.nodeName', 'spec.serviceAccountName', 'status.phase'],
  Namespace: ['status.phase'],
};

/** Reads a field selector. Throws BadRequest for a field that the real server doesn't index either. */
export function fieldSelector(kind: string, text: string): Selector {
  const known = [...everywhere, ...(fieldsOfKind[kind] ?? [])];
  const requirements = requirementsOf(text).map((part) => {
    const [, field = '', operator, value = ''] = equality.exec(part) ?? [];
    if (operator === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
    const path = field === 'source' ? ['source', 'component'] : field.split('.');
    return (object: KubeObject) => (textAt(object, ...path) === value) === (operator !== '!=');
  });
  return (object) => requirements.every((holds) => holds(object));
}
