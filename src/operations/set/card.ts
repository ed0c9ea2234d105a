import type { Card, Step } from '../../core/card.ts';
import type { Standing } from '../../core/operation.ts';
import { versionCard } from '../version/version-card.ts';
import { typingLine } from './command-by-hand.ts';
import type { SetByHandState, SetState } from './state.ts';

const words = { doing: 'Setting', done: 'set', again: 'set' };

/** The way of a value that a person brought, at any moment of it. */
export function setCard(state: SetState, standing: Standing): Card {
  return versionCard(state, standing, {
    ...words,
    fields: [{ label: 'New value', value: 'brought by the person who asked' }],
    lines: state.warnings,
  });
}

/** The same while the person writes it themselves: what they are to type, and what was seen. */
export function setByHandCard(state: SetByHandState, standing: Standing): Card {
  const { mount, path, before, write } = state;
  const waiting = write.version === undefined;
  const step: Step = waiting
    ? { state: 'working', text: `waiting for somebody to write ${mount}/${path}, now v${before}` }
    : { state: 'done', text: `somebody wrote v${write.version} while this waited, was v${before}` };
  return versionCard(state, standing, {
    ...words,
    fields: [{ label: 'New value', value: 'written by the person who asked, with Vault’s own program' }],
    write: step,
    sure: true,
    lines: waiting
      ? [
          ['Type this where you are logged in to Vault: ', { code: state.command }],
          typingLine(state.properties),
          ['This waits until ', { time: state.until }, '; nothing is locked meanwhile.'],
          ...state.warnings,
        ]
      : ['Who wrote it can’t be seen from here: Vault’s audit log knows.', ...state.warnings],
  });
}
