import type { Reply } from '../http-stand-in.ts';
import { noContent, refuse } from './answers.ts';
import type { Replicas } from './replicas.ts';
import type { VaultRequest } from './request.ts';

/** Paths that need no token and that a sealed replica answers too; undefined for all others. */
export function answerOpenSys(replicas: Replicas, name: string, request: VaultRequest): Reply | undefined {
  const { path, operation } = request;
  if (path === 'sys/seal-status' && operation === 'read')
    return { status: 200, body: replicas.sealStatus(name) };
  if (path === 'sys/health' && operation === 'read') return replicas.health(name);
  if (path === 'sys/unseal' && operation === 'write') return unseal(replicas, name, request.body);
  if (path === 'sys/leader' && operation === 'read' && !replicas.find(name).sealed) {
    return { status: 200, body: replicas.leader(name) };
  }
  return undefined;
}

function unseal(replicas: Replicas, name: string, body: Readonly<Record<string, unknown>>): Reply {
  const { key, reset } = body;
  if (reset === true) replicas.reset(name);
  else if (typeof key !== 'string' || !/^[A-Za-z0-9+/]{20,}={0,2}$/.test(key)) {
    return refuse(400, "'key' must be a valid hex or base64 string");
  } else if (!replicas.give(name, key)) return refuse(400, 'unseal failed, invalid key');
  return { status: 200, body: replicas.sealStatus(name) };
}

/** PUT sys/seal, by a token that may. */
export function answerSeal(replicas: Replicas, name: string): Reply {
  if (replicas.active !== name) {
    return refuse(500, 'vault cannot seal when in standby mode; please restart instead');
  }
  replicas.seal(name);
  return noContent;
}
