import { Namespace } from '../../core/names.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { rememberRecipes } from '../../core/recipe.ts';
import { restartConsumers } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { prepare, prove } from '../version/prove.ts';
import { recordVersion } from '../version/record-version.ts';
import { touchesOf } from '../version/state.ts';
import { rotateCard } from './card.ts';
import { RotateState } from './state.ts';
import { writeVersion } from './write-version.ts';

/** New values for properties of one path, delivered to everybody who reads it through External Secrets. */
export const rotate = defineOperation({
  kind: 'rotate',
  state: RotateState,
  card: rotateCard,
  check,
  touches: touchesOf,
  notBegun: ({ write }) => write.state === 'waiting',
  steps: [
    { name: 'prepare', run: prepare },
    { name: 'write', run: writeVersion },
    { name: 'record', run: record },
    { name: 'sync', run: syncReaders },
    { name: 'restart', run: restartConsumers },
    { name: 'prove', run: prove },
  ],
});

/** One grant has to cover both: the namespace that it was asked for in, and the path. */
function check({ state, permissions, actor }: Work<RotateState>): void {
  const namespace = Namespace.parse(state.target.split('/')[0]);
  permissions.require(actor, 'rotate', { namespace, path: state.path });
}

function record(work: Work<RotateState>): Promise<void> {
  const recipes = new Map(work.state.properties.map(({ name, recipe }) => [name, recipe]));
  return recordVersion(work, (custom) => rememberRecipes(custom, recipes));
}
