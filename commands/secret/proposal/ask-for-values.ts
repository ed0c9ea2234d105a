import type { CommandContext } from '../../../src/core/command.ts';
import type { Answer } from '../../../src/core/dispatcher.ts';
import { ChatelaineError } from '../../../src/core/errors.ts';
import type { ValueRequests, ValueSubject } from '../../../src/core/ports/value-requests.ts';
import { namesBrought } from '../../../src/core/proposal/making.ts';
import { subjectOfStory } from '../../../src/core/proposal/story.ts';
import { valueLinkCard } from '../../../src/core/value-link-card.ts';
import type { NewSecretRequest } from '../../../src/operations/propose/new-secret-request.ts';
import { planNewSecret, rehearseNewSecret } from '../../../src/operations/propose/plan-proposal.ts';
import { lockOf, startByHand } from '../../../src/operations/propose/start-proposal.ts';
import { firstByHand } from '../../../src/operations/set/command-by-hand.ts';

/** How long somebody has to write it with Vault's own program. */
const byHandMs = 60 * 60_000;

/** Asks the person for the values of a new secret: by a one-time page, or where there is none by Vault's own program. */
export function askForValues(context: CommandContext, request: NewSecretRequest): Promise<Answer> {
  return context.valueRequests === undefined
    ? byHand(context, request)
    : byPage(context, request, context.valueRequests);
}

/** Nothing is begun before the values have come: a link that is never used leaves nothing. */
async function byPage(
  context: CommandContext,
  request: NewSecretRequest,
  requests: ValueRequests,
): Promise<Answer> {
  const { actor: forActor, place, requestId, call } = context;
  const story = await rehearseNewSecret(context, request);
  const shown: ValueSubject = {
    what: subjectOfStory(story),
    where: story.where ?? story.file,
    into: story.where === undefined ? 'git' : 'vault',
    fields: [
      { label: 'Makes', value: `${story.kind} ${story.target} (${story.category})` },
      { label: 'In Git', value: story.file },
      ...(request.reason === undefined ? [] : [{ label: 'Reason', value: request.reason }]),
    ],
    warnings: [...story.notes],
  };
  const fields = namesBrought(request.makings);
  const asked = { kind: 'new', shown, fields, forActor, place, requestId, state: request };
  const card = valueLinkCard(shown, await requests.ask(asked, call));
  const without =
    'If nothing comes until then, nothing is written, nothing is proposed, and nothing is left.';
  return { card: { ...card, lines: [...(card.lines ?? []), without] } };
}

async function byHand(context: CommandContext, request: NewSecretRequest): Promise<Answer> {
  const { vault, clock } = context;
  const names = namesBrought(request.makings);
  if (request.category === 'bootstrap') {
    throw noPage('a value for a file in Git can only be taken by a one-time page, and none is configured');
  }
  if (names.length < request.makings.length) {
    throw noPage('without a one-time page, what you bring and what is generated can’t be asked for together');
  }
  const state = await planNewSecret(context, request);
  const { path } = state;
  if (path === undefined) throw noPage('it goes to no path in Vault');
  const shown = await startByHand(context, {
    ...state,
    path,
    command: firstByHand({ mount: vault.mount, path }, names),
    until: new Date(clock.now() + byHandMs).toISOString(),
    lock: lockOf(context, state),
  });
  return shown === undefined ? {} : { shown };
}

function noPage(wrong: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'asking for the value of a new secret',
    wrong,
    state: 'Nothing changed.',
    next: 'A page is configured with web.page. Without it: what you bring alone, in the category application or infrastructure; what is generated in a request of its own.',
  });
}
