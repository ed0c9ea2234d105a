import type { Clock } from '../core/clock.ts';
import type { BranchName, RepositoryName } from '../core/git-names.ts';
import type { Forge } from '../core/ports/forge.ts';
import type { Inspector } from '../core/ports/inspect.ts';
import type { People } from '../core/second-person.ts';
import { createForge } from './create-forge.ts';
import type { Dialect } from './dialect.ts';
import { giteaDialect } from './gitea/gitea-dialect.ts';
import { appCredential, InstallationToken } from './github/app-token.ts';
import { githubDialect } from './github/github-dialect.ts';
import { tokenIdentity } from './github/token-identity.ts';
import { Host, type HostOptions } from './host.ts';
import { createForgeInspector } from './inspect-forge.ts';
import type { WebhookInspection } from './inspect-webhook.ts';
import { staticToken } from './static-token.ts';
import { openTransport, type Transport } from './transport.ts';

export type GitAuth =
  | { readonly kind: 'token'; readonly read: () => string }
  | {
      readonly kind: 'app';
      readonly appId: string;
      readonly installationId: string;
      readonly privateKey: () => string;
    };

export interface GitOptions {
  readonly host: 'github' | 'gitea';
  /** As people open it: `https://github.com`, `https://git.example.org`; or of the API of GitHub itself. */
  readonly address: string;
  readonly repository: RepositoryName;
  readonly base: BranchName;
  readonly auth: GitAuth;
  readonly label: string;
  readonly people: People;
  readonly clock: Clock;
  readonly version: string;
  /** PEM of the authority that signed its certificate, beside the system's own. */
  readonly ca?: string;
  /** In the place of one of our own, for tests. */
  readonly transport?: Transport;
  readonly deadlineMs?: number;
}

export interface GitAdapter {
  readonly forge: Forge;
  /** `webhook`: where one is configured. */
  readonly inspector: (webhook?: WebhookInspection) => Inspector;
  close(): Promise<void>;
}

/** The Git host. Nothing is asked yet. */
export function connectGit(options: GitOptions): GitAdapter {
  const { base, label, ca } = options;
  const transport = options.transport ?? openTransport(ca);
  const reach = { ...addressesOf(options), transport };
  const wire = options.host === 'github' ? wireGithub(options, reach) : wireGitea(options, reach);
  const forge = createForge(wire.host, wire.dialect, { base, label, api: reach.api });
  return {
    forge,
    inspector: (webhook) => createForgeInspector({ ...wire, forge, people: options.people, webhook }),
    close: () => transport.close(),
  };
}

interface Wire {
  readonly host: Host;
  readonly dialect: Dialect;
}

type Reach = Pick<HostOptions, 'api' | 'graphql' | 'transport'>;

/** GitHub's API has a host of its own, an Enterprise Server's is below its address, and any other address is taken as it is. */
function addressesOf({ host, address }: GitOptions): Pick<Reach, 'api' | 'graphql'> {
  const plain = address.replace(/\/+$/, '');
  if (host === 'gitea') return { api: `${plain.replace(/\/api\/v1$/, '')}/api/v1` };
  if (/^https:\/\/(?:www\.|api\.)?github\.com$/.test(plain)) {
    return { api: 'https://api.github.com', graphql: 'https://api.github.com/graphql' };
  }
  const root = plain.replace(/\/api\/v3$/, '');
  return { api: `${root}/api/v3`, graphql: `${root}/api/graphql` };
}

function hostOf(options: GitOptions, reach: Reach, more: Pick<HostOptions, 'accept' | 'credential'>): Host {
  const { repository, version, clock, deadlineMs } = options;
  return new Host({
    ...reach,
    ...more,
    repository,
    version,
    clock,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
}

function wireGithub(options: GitOptions, reach: Reach): Wire {
  const accept = 'application/vnd.github+json';
  const { auth, clock } = options;
  if (auth.kind === 'token') {
    const host = hostOf(options, reach, { accept, credential: staticToken('Bearer', auth.read) });
    return { host, dialect: githubDialect(host, tokenIdentity(host)) };
  }
  const { appId, installationId, privateKey } = auth;
  const asApp = hostOf(options, reach, { accept, credential: appCredential({ appId, privateKey, clock }) });
  const credential = new InstallationToken({ appId, installationId, privateKey, clock, asApp });
  const host = hostOf(options, reach, { accept, credential });
  return { host, dialect: githubDialect(host, credential.identity()) };
}

function wireGitea(options: GitOptions, reach: Reach): Wire {
  const { auth } = options;
  // The configuration has refused an app there.
  const read = auth.kind === 'token' ? auth.read : auth.privateKey;
  const host = hostOf(options, reach, { accept: 'application/json', credential: staticToken('token', read) });
  return { host, dialect: giteaDialect(host) };
}
