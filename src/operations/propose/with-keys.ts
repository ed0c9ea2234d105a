import type { ShownKey } from '../../core/proposal/making.ts';
import type { Story } from '../../core/proposal/story.ts';

/** The story with the public keys that were made; in the place of those of a try before. */
export function withKeys(story: Story, shown: readonly ShownKey[]): Story {
  const { keys: _before, ...rest } = story;
  return shown.length === 0 ? rest : { ...rest, keys: shown.map((each) => ({ ...each })) };
}
