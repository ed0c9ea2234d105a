import type { StartOptions } from './connect.ts';
import { describeUnknown } from './core/errors.ts';
import type { GitOps } from './core/ports/gitops.ts';
import { askToLook } from './core/proposal/ask-to-look.ts';
import { receiveDeliveries } from './git/receive-deliveries.ts';
import { type ServedWebhooks, serveWebhooks } from './web/serve-webhooks.ts';

/** Milliseconds for the mark in a proposal's Lease. */
const markWithin = 10_000;

/**
 * Serves the webhook of the Git host, where one is configured: what it tells of is looked at soon, whichever replica leads.
 * Throws config-invalid.
 */
export async function receiveWebhooks(
  { loaded, clock, log }: StartOptions,
  gitops: Pick<GitOps, 'proposals'> | undefined,
): Promise<ServedWebhooks | undefined> {
  const { git } = loaded.configuration;
  if (git?.webhook === undefined || gitops === undefined) return undefined;
  const { port, secret } = git.webhook;
  const receiver = receiveDeliveries({
    host: git.host,
    repository: git.repository,
    secret: loaded.secret(secret),
    clock,
    log,
    onProposal(number) {
      const call = { signal: AbortSignal.timeout(markWithin), requestId: 'webhook' };
      askToLook(gitops.proposals, number, clock, call).catch((error: unknown) => {
        log.warn({ reason: describeUnknown(error) }, 'webhook came to nothing: the proposal is polled');
      });
    },
  });
  return serveWebhooks(port, receiver);
}
