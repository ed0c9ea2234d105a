import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Actor } from './actor.ts';
import { checkGiven } from './arguments.ts';
import { chooseFor } from './choices.ts';
import type { Clock } from './clock.ts';
import type { Command, Recovery, Settings } from './command.ts';
import { withDeadline } from './deadline.ts';
import type { Answer, Dispatcher, DispatchRequest } from './dispatcher.ts';
import { ChatelaineError, describeUnknown, isFault } from './errors.ts';
import { faultCard, internalError } from './fault-card.ts';
import { findSecrets } from './find-secrets.ts';
import { assertThawed } from './freeze/assert-thawed.ts';
import type { Freezes } from './freeze/freezes.ts';
import type { Log } from './log.ts';
import type { Operations } from './operation.ts';
import type { Permissions } from './permissions.ts';
import type { Certificates } from './ports/certificates.ts';
import type { Cluster } from './ports/cluster.ts';
import type { Flux } from './ports/flux.ts';
import type { GitOps } from './ports/gitops.ts';
import type { Inspector } from './ports/inspect.ts';
import type { ValueRequests } from './ports/value-requests.ts';
import type { Vault } from './ports/vault.ts';
import { readGiven, readWords } from './read-command.ts';
import type { Secrets } from './secrets.ts';
import { RotationSurvey } from './survey-rotations.ts';

export interface DispatchOptions {
  readonly commands: readonly Command[];
  readonly cluster: Cluster;
  readonly flux: Flux;
  readonly certificates: Certificates;
  readonly gitops?: GitOps;
  readonly vault: Vault;
  readonly operations: Operations;
  readonly freezes: Freezes;
  readonly inspectors: readonly Inspector[];
  readonly valueRequests?: ValueRequests;
  readonly permissions: Permissions;
  readonly settings: Settings;
  readonly recovery: Recovery;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds after which work that nobody waits for any more is ended. */
  readonly deadline?: number;
}

const usualDeadline = 15 * 60_000;

/** What all commands share: reading, permission, deadline, one run a delivery, the audit record, errors to people. */
export function createDispatcher(options: DispatchOptions): Dispatcher {
  const secretsFor = (actor: Actor): Secrets =>
    findSecrets({
      actor,
      cluster: options.cluster,
      permissions: options.permissions,
      mount: options.vault.mount,
    });
  const rotations = new RotationSurvey(options);
  const reading = { commands: options.commands, secretsFor };
  // The same envelope can be delivered twice; across replicas an operation's own id does this.
  const seen = new LRUCache<string, true>({ max: 5_000, ttl: 60 * 60_000 });
  return {
    commands: options.commands,
    read: (words, actor) => readWords(reading, words, actor),
    readFields: (command, given, actor) => readGiven(reading, command, given, actor),
    choices: (request) => chooseFor(request, secretsFor(request.actor), options.vault),
    async run(request) {
      if (seen.has(request.deliveryId)) return {};
      seen.set(request.deliveryId, true);
      return runCommand({ ...options, rotations }, secretsFor(request.actor), request);
    },
  };
}

/** Eight characters that find the log lines of a request: the same for the same delivery, in every replica. */
export function requestIdOf(deliveryId: string): string {
  return createHash('sha256').update(deliveryId).digest('hex').slice(0, 8);
}

async function runCommand(
  options: DispatchOptions & { readonly rotations: RotationSurvey },
  secrets: Secrets,
  request: DispatchRequest,
): Promise<Answer> {
  const { command, actor } = request;
  const { log, clock } = options;
  const requestId = requestIdOf(request.deliveryId);
  const started = clock.monotonic();
  const fields = { requestId, actor: actor.id, command: command.name };
  log.info(fields, 'command started');
  const deadline = withDeadline(
    request.signal,
    options.deadline ?? usualDeadline,
    `running /${command.name}`,
  );
  try {
    options.permissions.require(actor, command.may, {});
    const args = argsOf(command, request);
    await assertThawed(options, secrets, command, args);
    const answer = await command.run(
      {
        actor,
        requestId,
        place: request.place,
        call: { signal: deadline.signal, requestId, actor },
        log,
        clock,
        secrets,
        vault: options.vault,
        cluster: options.cluster,
        flux: options.flux,
        certificates: options.certificates,
        ...(options.gitops === undefined ? {} : { gitops: options.gitops }),
        permissions: options.permissions,
        operations: options.operations,
        freezes: options.freezes,
        rotations: options.rotations,
        inspectors: options.inspectors,
        ...(options.valueRequests === undefined ? {} : { valueRequests: options.valueRequests }),
        settings: options.settings,
        recovery: options.recovery,
      },
      args,
    );
    log.info(
      { ...fields, ms: elapsed(clock, started), outcome: (answer.card ?? answer.shown)?.state },
      'command ended',
    );
    return answer.card === undefined ? answer : { ...answer, card: { requestId, ...answer.card } };
  } catch (error) {
    const told = isFault(error) ? error : internalError(`running /${command.name}`);
    log[isFault(error) ? 'info' : 'error'](
      {
        ...fields,
        ms: elapsed(clock, started),
        outcome: 'failure',
        code: told.code,
        reason: describeUnknown(error),
      },
      'command failed',
    );
    return { card: faultCard(told, requestId) };
  } finally {
    deadline.clear();
  }
}

function argsOf(command: Command, { given }: DispatchRequest): unknown {
  const { args, problems, missing } = checkGiven(command, given);
  if (args !== undefined) return args;
  throw new ChatelaineError({
    code: 'bad-argument',
    doing: `reading the arguments of /${command.name}`,
    wrong: [...Object.keys(problems), ...missing].join(', '),
    state: 'Nothing changed.',
    next: `See /${command.name} --help.`,
  });
}

function elapsed(clock: Clock, started: number): number {
  return Math.round(clock.monotonic() - started);
}
