import type { Received, Reply } from '../../http-stand-in.ts';
import { mayAccess, rulesFor } from './authorize.ts';
import { isObject, type JsonObject, listAt, textAt, valueAt } from './kube-object.ts';
import { type Caller, wholeSeconds } from './object-api.ts';
import type { ObjectStore } from './object-store.ts';
import { typeOfKind } from './resource-types.ts';
import { badRequest, notFound } from './status-errors.ts';
import type { ReviewedToken, Tokens } from './tokens.ts';

/** Kinds that are answered and not stored: who holds a token, and what somebody may. */
export interface Review {
  readonly group: string;
  readonly resource: string;
  answer(body: JsonObject, caller: Caller): JsonObject;
}

/** The reviews that the stand-in answers. */
export function reviews(store: ObjectStore, tokens: Tokens): readonly Review[] {
  return [
    {
      group: 'authentication.k8s.io',
      resource: 'tokenreviews',
      answer(body) {
        const audiences = listAt(body, 'spec', 'audiences').map(String);
        const token = textAt(body, 'spec', 'token') ?? '';
        return reviewStatus(tokens.review(token, audiences.length === 0 ? undefined : audiences));
      },
    },
    {
      group: 'authorization.k8s.io',
      resource: 'selfsubjectaccessreviews',
      answer(body, caller) {
        const asked = valueAt(body, 'spec', 'resourceAttributes');
        const subresource = textAt(asked, 'subresource');
        const resource = textAt(asked, 'resource') ?? '';
        const namespace = textAt(asked, 'namespace');
        const name = textAt(asked, 'name');
        const allowed = mayAccess(store, caller, {
          verb: textAt(asked, 'verb') ?? '',
          group: textAt(asked, 'group') ?? '',
          resource: subresource === undefined ? resource : `${resource}/${subresource}`,
          ...(namespace === undefined ? {} : { namespace }),
          ...(name === undefined ? {} : { name }),
        });
        return { allowed };
      },
    },
    {
      group: 'authorization.k8s.io',
      resource: 'selfsubjectrulesreviews',
      answer: (body, caller) => ({
        resourceRules: rulesFor(store, caller, textAt(body, 'spec', 'namespace') ?? ''),
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version', '/healthz'] }],
        incomplete: false,
      }),
    },
    {
      group: 'authentication.k8s.io',
      resource: 'selfsubjectreviews',
      answer: (_body, { username, uid = '', groups }) => ({ userInfo: { username, uid, groups } }),
    },
  ];
}

/** `authenticated` is left out where it is false, as Go leaves it out. */
function reviewStatus({ authenticated, user, audiences, error }: ReviewedToken): JsonObject {
  if (!authenticated || user === undefined) return { user: {}, error: error ?? 'invalid bearer token' };
  const { username, uid = '', groups } = user;
  return { authenticated, user: { username, uid, groups }, audiences: audiences ?? [] };
}

/** The review's object, answered: what was sent, with a status. */
export function answerReview(review: Review, received: Received, caller: Caller): Reply {
  const body = readJson(received.body);
  return { status: 201, body: { ...body, metadata: {}, status: review.answer(body, caller) } };
}

/** POST …/serviceaccounts/<name>/token. Throws NotFound. */
export function answerTokenRequest(
  store: ObjectStore,
  tokens: Tokens,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  received: Received,
): Reply {
  const account = store.get('ServiceAccount', namespace, name);
  if (account === undefined) throw notFound(typeOfKind('ServiceAccount'), name);
  const spec = valueAt(readJson(received.body), 'spec');
  const audiences = listAt(spec, 'audiences').map(String);
  const seconds = Number(valueAt(spec, 'expirationSeconds') ?? 3_600);
  const issued = tokens.issue(namespace, name, audiences.length === 0 ? undefined : audiences, seconds);
  return {
    status: 201,
    body: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: wholeSeconds(new Date()) },
      spec: { audiences: issued.audiences, expirationSeconds: seconds, boundObjectRef: null },
      status: { token: issued.token, expirationTimestamp: issued.expires },
    },
  };
}

/** The body as an object. Throws BadRequest. */
export function readJson(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below: it is the same to whoever sent it.
  }
  throw badRequest('the object provided is unrecognized: json parse error');
}
