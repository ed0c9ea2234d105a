import type { Text } from '../card.ts';
import { destroyCommand } from './destroy-command.ts';
import type { Story } from './story.ts';

/** How a name can be asked for again whose versions were deleted: the bot may neither bring them back nor replace them. */
export function againLines({ takenBack, where }: Pick<Story, 'takenBack' | 'where'>): readonly Text[] {
  if (takenBack?.state !== 'done' || where === undefined) return [];
  return [
    ['To ask for the same name again, a person removes what is left: ', { code: destroyCommand(where) }],
  ];
}
