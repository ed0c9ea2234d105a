import type { CommandContext } from '../../../src/core/command.ts';
import type { Answer } from '../../../src/core/dispatcher.ts';
import { ChatelaineError } from '../../../src/core/errors.ts';
import { formatObjectName } from '../../../src/core/names.ts';
import type { Certificate } from '../../../src/core/ports/certificates.ts';
import { planRenewal } from '../../../src/operations/renew/plan-renewal.ts';

export interface AskedOfRotation {
  readonly reason?: string | undefined;
  /** Options that say how a value is made; a certificate has no value of ours. */
  readonly senseless: readonly string[];
}

/** Has a certificate issued again: what `/secret rotate` means for one. Throws bad-argument, and what planning throws. */
export async function renewCertificate(
  context: CommandContext,
  certificate: Certificate,
  { reason, senseless }: AskedOfRotation,
): Promise<Answer> {
  const name = formatObjectName(certificate);
  if (senseless.length > 0) {
    throw new ChatelaineError({
      code: 'bad-argument',
      doing: `renewing certificate ${name}`,
      wrong: `a certificate is issued by cert-manager, and has no ${senseless.join(', ')} to choose`,
      state: 'Nothing changed.',
      next: `Renew it with /secret rotate ${name} alone.`,
    });
  }
  const { actor, requestId, place } = context;
  const shown = await context.operations.start({
    id: requestId,
    kind: 'renew',
    state: await planRenewal(context, certificate, reason),
    actor,
    requestId,
    place,
    locks: [{ key: `certificate/${name}`, what: `renewing certificate ${name}` }],
  });
  return shown === undefined ? {} : { shown };
}
