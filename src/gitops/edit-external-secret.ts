import type { WantedProperty } from '../core/ports/manifests.ts';
import { isField, templateText } from './build-external-secret.ts';
import { addEntry, removeEntry } from './edit-data.ts';
import { addLine, removeLinesOf } from './edit-template.ts';
import {
  isExtracted,
  isTemplated,
  open,
  readsProperty,
  type Target,
  templateOf,
} from './external-secret-text.ts';
import { listOf, textOf } from './plain.ts';

export interface Changed {
  readonly text: string;
  /** Why nothing had to change, or what comes of the change. */
  readonly notes: readonly string[];
}

/**
 * Has one more property reach the Secret; one that does already changes nothing. Throws manifest-exists where its key is
 * another's, manifest-not-editable.
 */
export function addProperty(text: string, target: Target, wanted: WantedProperty): Changed {
  const opened = open(text, target);
  const { spec } = opened;
  const key = wanted.secretKey ?? wanted.property;
  if (!isExtracted(spec, target)) {
    const after = addEntry(opened, wanted);
    // A template names what `data` reads by its key.
    return {
      text: isTemplated(spec) ? addLine(open(after, target), key, templateText(key)) : after,
      notes: [],
    };
  }
  if (isTemplated(spec)) {
    const after = addLine(opened, key, templateText(wanted.property));
    return { text: after, notes: after === text ? [] : emptyUntil(wanted) };
  }
  return {
    text,
    notes: [`${wanted.property} comes with the whole path (extract): nothing changes in ${target.file}.`],
  };
}

function emptyUntil({ property, later = false }: WantedProperty): readonly string[] {
  return !later || isField(property)
    ? []
    : [
        `From when Flux applies this until somebody brings ${property}, the Secret has it with nothing in it.`,
      ];
}

/**
 * Takes a property out of the Secret; one that isn't named changes nothing. Throws manifest-not-editable, also where a
 * template uses it together with others, and manifest-refused where it is the last.
 */
export function removeProperty(text: string, target: Target, property: string): Changed {
  const { spec } = open(text, target);
  const keys = listOf(spec['data'])
    .filter((each) => readsProperty(each, target, property))
    .map((each) => textOf(each['secretKey']));
  const extracted = isExtracted(spec, target);
  if (extracted && templateOf(spec) === undefined) {
    return {
      text,
      notes: [`${property} comes with the whole path (extract): ${target.file} doesn’t name it.`],
    };
  }
  const names = [...keys, ...(extracted ? [property] : [])];
  const withoutLines = names.reduce((now, each) => removeLinesOf(now, target, each), text);
  const after = keys.reduce((now) => removeEntry(open(now, target), property), withoutLines);
  return { text: after, notes: after === text ? [`${target.file} doesn’t name ${property}.`] : [] };
}
