import type { Actor } from './actor.ts';
import { ChatelaineError, isFault } from './errors.ts';
import { formatObjectName, quote } from './names.ts';
import type { Permissions, Right } from './permissions.ts';
import type { Call } from './ports/call.ts';
import type { Certificate, Certificates } from './ports/certificates.ts';
import type { Secret } from './secrets.ts';

export interface CertificateSearch {
  readonly actor: Actor;
  readonly certificates: Certificates;
  readonly permissions: Permissions;
  readonly call: Call;
}

/**
 * What a person means by a target: a secret, or where no secret has that name a certificate, by its own name or that
 * of the Secret which it makes. Throws what finding the secret throws, and not-permitted.
 */
export async function findEither(
  search: CertificateSearch,
  target: string,
  right: Right,
  findSecret: () => Secret,
): Promise<{ readonly secret: Secret } | { readonly certificate: Certificate }> {
  try {
    return { secret: findSecret() };
  } catch (error) {
    // Namespaces are hidden from those who may see nothing in them: there the refusal stays what it was.
    if (!isFault(error, 'no-such-secret')) throw error;
    const certificate = await findCertificate(search, target);
    if (certificate === undefined) throw error;
    search.permissions.require(search.actor, right, { namespace: certificate.namespace });
    return { certificate };
  }
}

async function findCertificate(
  { actor, certificates, permissions, call }: CertificateSearch,
  target: string,
): Promise<Certificate | undefined> {
  const sight = await certificates.look(call).catch((error: unknown) => {
    // That certificates can't be looked at is no answer to who asked for a secret.
    if (isFault(error) && !call.signal.aborted) return undefined;
    throw error;
  });
  if (sight?.state !== 'seen') return undefined;
  const named = sight.certificates
    .filter(({ namespace }) => permissions.allows(actor, 'read', { namespace }))
    .filter((each) => namesOf(each).some((name) => name === target));
  const [found, another] = named;
  if (found === undefined || another === undefined) return found;
  const candidates = named.map(formatObjectName);
  throw new ChatelaineError({
    code: 'ambiguous-secret',
    doing: `looking for ${quote(target)}`,
    wrong: `${named.length} certificates have that name`,
    state: 'Nothing changed.',
    next: `Say which one: ${candidates.slice(0, 5).join(', ')}.`,
    candidates,
  });
}

/** All that people may call it by, with its namespace and without. */
function namesOf({ namespace, name, secret }: Certificate): readonly string[] {
  return [name, secret].flatMap((each) => [each, `${namespace}/${each}`]);
}
