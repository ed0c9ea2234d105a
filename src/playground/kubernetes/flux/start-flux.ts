import { type Controller, type ControllerParts, together } from '../controller.ts';
import type { ReadTree } from './git-trees.ts';
import { runKustomizations } from './run-kustomizations.ts';
import { runSources } from './run-sources.ts';

/** Starts the simulated Flux: a source that reads trees, and what applies them. */
export function startFlux(parts: ControllerParts, readTree: ReadTree): Controller {
  const sources = runSources(parts, readTree, () => kustomizations.hasten());
  const kustomizations = runKustomizations(parts, () => sources);
  return together([sources, kustomizations]);
}
