import { fillPath } from '../core/path-template.ts';
import type { Manifests } from '../core/ports/manifests.ts';
import type { Settings } from './settings.ts';

/** The path that the configuration gives a new object. */
export function placeBy({ paths }: Pick<Settings, 'paths'>): Manifests['placeFor'] {
  return (category, target) => fillPath(paths[category], target);
}
