import { checkView } from './check-blocks.ts';
import { findUser, type Method, type MethodContext } from './method.ts';
import { SlackError, stringArgument } from './read-call.ts';
import { type Fields, type OpenView, stringOf } from './shapes.ts';

/** A view as the Web API and payloads show it. */
export function viewObject({ workspace }: Pick<MethodContext, 'workspace'>, view: OpenView): Fields {
  const { seed } = workspace;
  return {
    ...view.definition,
    id: view.id,
    team_id: seed.team.id,
    state: { values: view.values },
    hash: view.hash,
    previous_view_id: view.previousId,
    root_view_id: view.rootId,
    app_id: seed.app.id,
    app_installed_team_id: seed.team.id,
    bot_id: seed.app.botId,
  };
}

const refusals = {
  expired: 'expired_trigger_id',
  used: 'exchanged_trigger_id',
  unknown: 'invalid_trigger_id',
} as const;

/** The person behind a trigger id, which is used up by asking. Throws SlackError. */
function exchange({ handouts }: MethodContext, args: Fields): string {
  const exchanged = handouts.useTrigger(stringArgument(args, 'trigger_id'));
  if ('refused' in exchanged) throw new SlackError(refusals[exchanged.refused]);
  return exchanged.origin.user;
}

const open: Method = {
  token: 'bot',
  run(context, args) {
    const view = checkView(args['view']);
    return { view: viewObject(context, context.modals.open(exchange(context, args), view)) };
  },
};

const push: Method = {
  token: 'bot',
  run(context, args) {
    const view = checkView(args['view']);
    return { view: viewObject(context, context.modals.push(exchange(context, args), view)) };
  },
};

const update: Method = {
  token: 'bot',
  run(context, args) {
    const definition = checkView(args['view']);
    const external = stringOf(args['external_id']);
    const known =
      external === ''
        ? context.modals.find(stringArgument(args, 'view_id'))
        : context.modals.find(external, 'external_id');
    if (known === undefined) throw new SlackError('not_found');
    return { view: viewObject(context, context.modals.update(known.id, definition, stringOf(args['hash']))) };
  },
};

const publish: Method = {
  token: 'bot',
  run(context, args) {
    const definition = checkView(args['view']);
    const user = findUser(context, stringArgument(args, 'user_id', 'user_not_found'));
    const hash = stringOf(args['hash']);
    const known = context.modals.home(user.id);
    if (hash !== '' && known !== undefined && hash !== known.hash) throw new SlackError('hash_conflict');
    return { view: viewObject(context, context.modals.publish(user.id, definition)) };
  },
};

export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
};
