import type { Card } from '../../core/card.ts';
import type { Standing } from '../../core/operation.ts';
import { describeRecipe } from '../../core/recipe.ts';
import { versionCard } from '../version/version-card.ts';
import type { RotateState } from './state.ts';

/** A rotation as people see it, at any moment of it. */
export function rotateCard(state: RotateState, standing: Standing): Card {
  const recipes = [...new Set(state.properties.map(({ recipe }) => describeRecipe(recipe)))];
  return versionCard(state, standing, {
    doing: 'Rotating',
    done: 'rotated',
    again: 'rotate',
    fields: [{ label: 'New value', value: recipes.join('; ') }],
  });
}
