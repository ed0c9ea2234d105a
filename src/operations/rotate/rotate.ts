import { randomBytes } from 'node:crypto';
import { generate } from '../../core/generate.ts';
import { Namespace } from '../../core/names.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { rememberRecipes } from '../../core/recipe.ts';
import { restartConsumers } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { prepare, prove } from '../version/prove.ts';
import { recordVersion } from '../version/record-version.ts';
import { touchesOf } from '../version/state.ts';
import { writeVersion } from '../version/write-version.ts';
import { rotateCard } from './card.ts';
import { RotateState } from './state.ts';

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
    { name: 'write', run: write },
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

/** The values are made here, and anew after a crash: they are in no journal. */
function write(work: Work<RotateState>): Promise<void> {
  const { properties } = work.state;
  const values = new Map(properties.map(({ name, recipe }) => [name, generate(recipe, randomBytes)]));
  return writeVersion(work, values, 'rotate');
}
