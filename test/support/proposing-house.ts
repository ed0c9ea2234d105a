import { randomBytes } from 'node:crypto';
import type { Card } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Random } from '../../src/core/generate.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Namespace } from '../../src/core/names.ts';
import { fillSecretPath, type SecretPathTemplate } from '../../src/core/path-template.ts';
import type { Grant } from '../../src/core/permissions.ts';
import { keepProposals, type Proposals } from '../../src/core/proposal/keep-proposals.ts';
import { keepRetired } from '../../src/core/proposal/keep-retired.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import type { Role } from '../../src/watch/leadership.ts';
import { ProposalWatch } from '../../src/watch/watch-proposals.ts';
import { manifests } from '../gitops/repository.ts';
import { FakeForge } from './fake-forge.ts';
import { gitSource, kustomization, sightOf } from './flux-objects.ts';
import { admin, type House, mediaPerson, openHouse, type Through } from './house.ts';

export interface ProposingHouse extends House {
  readonly forge: FakeForge;
  readonly proposals: Proposals;
  /** Follows the proposals as the leader does until `settled` says yes; fails after 45 seconds. */
  follow(settled: () => boolean | Promise<boolean>): Promise<void>;
  /** What keeps proposals from going on, as the one that follows them says. */
  troubles(): readonly string[];
}

/** Of a key that nobody kept. */
const recipient = 'age1sx496naeqajucccymcx4c74qlusd9ufywj09rqkesx5rzq89fyvsv7rwgg';
const rules = `creation_rules:
  - path_regex: kubernetes/apps/media/.*\\.sops\\.ya?ml
    encrypted_regex: "^(data|stringData)$"
    age: ${recipient}
`;
const kustomizationYaml = `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ./helmrelease.yaml
`;

/** What Git has of `media/jellyfin`: each property by name. */
export const readByName = `---
# yaml-language-server: $schema=https://example.org/externalsecret.json
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: jellyfin
spec:
  refreshInterval: 1h # as the others
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: jellyfin
  data:
    - secretKey: api-key
      remoteRef:
        key: kv/data/media/jellyfin
        property: api-key
`;

/** What Git has of `media/plex`: all of a path, and a template that names what is taken from it. */
export const readWhole = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: plex
spec:
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: plex-secret
    template:
      data:
        PLEX_CLAIM: "{{ .claim }}"
  dataFrom:
    - extract:
        key: media/plex
`;

function existing(app: string, externalSecret: string): Readonly<Record<string, string>> {
  const folder = `kubernetes/apps/media/${app}/app`;
  return {
    [`${folder}/kustomization.yaml`]: kustomizationYaml.replace(
      '  - ./helm',
      '  - ./externalsecret.yaml\n  - ./helm',
    ),
    [`${folder}/externalsecret.yaml`]: externalSecret,
    [`${folder}/helmrelease.yaml`]: '---\nkind: HelmRelease\n',
  };
}

export interface ProposingHouseOptions {
  readonly expiryDays?: number;
  /** Another replica of this house, which goes on with what was left. */
  readonly over?: ProposingHouse;
  readonly through?: Through;
  readonly leaseSeconds?: number;
  /** What values are made of. */
  readonly random?: Random;
  readonly labels?: readonly string[];
  readonly graceDays?: number;
  readonly grants?: readonly Grant[];
  /** Whether a one-time page is configured. */
  readonly page?: boolean;
  /** Whether it leads; it does unless told. */
  readonly role?: () => Role;
}

/** A house with a repository in which `media/jellyseerr` has an app and no secret yet. Flux builds a folder an app. */
export function openProposingHouse(options: ProposingHouseOptions = {}): ProposingHouse {
  const { expiryDays = 14, labels = [], over, through = (_port, target) => target, leaseSeconds } = options;
  const folder = 'kubernetes/apps/media/jellyseerr';
  const repository =
    over?.forge ??
    new FakeForge({
      [`${folder}/app/kustomization.yaml`]: kustomizationYaml,
      [`${folder}/app/helmrelease.yaml`]: '---\nkind: HelmRelease\n',
      ...existing('jellyfin', readByName),
      ...existing('plex', readWhole),
      'README.md': '# Homelab\n',
      '.sops.yaml': rules,
    });
  const forge = through('forge', repository);
  const kept: { proposals?: Proposals } = {};
  const people = new Map([
    [admin.id, ['ada']],
    [mediaPerson.id, ['kim']],
  ]);
  const house = openHouse({
    through,
    page: options.page ?? false,
    ...(options.grants === undefined ? {} : { grants: options.grants }),
    ...(over === undefined ? {} : { over }),
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    gitops: (leases) => {
      kept.proposals = keepProposals(leases, systemClock);
      return {
        forge,
        manifests: manifests(),
        encrypter: createEncrypter({ random: randomBytes, clock: systemClock }),
        proposals: kept.proposals,
        retired: keepRetired(leases, systemClock),
        graceDays: options.graceDays ?? 30,
        people,
        labels,
        expiryDays,
        pathFor: (target) => fillSecretPath('{namespace}/{app}' as SecretPathTemplate, target),
        madeBy: 'Chatelaine test',
      };
    },
  });
  house.flux.sight = sightOf(
    ['jellyseerr', 'jellyfin', 'plex'].map((app) =>
      kustomization(`flux-system/${app}`, {
        path: `kubernetes/apps/media/${app}/app`,
        targetNamespace: 'media' as Namespace,
        decryption: { provider: 'sops' },
      }),
    ),
    [gitSource('flux-system/home-ops')],
  );
  const proposals = kept.proposals;
  if (proposals === undefined) throw new Error('the house keeps no proposals');
  const retired = keepRetired(through('leases', house.leases), systemClock);
  const watch = new ProposalWatch({
    gitops: {
      forge,
      manifests: manifests(),
      proposals,
      retired,
      graceDays: 30,
      people,
      labels,
      expiryDays,
      pathFor: (target) => fillSecretPath('{namespace}/{app}' as SecretPathTemplate, target),
      madeBy: 'Chatelaine test',
    },
    operations: house.operations,
    surface: through('surface', {
      async show(_place: Readonly<Record<string, string>>, card: Card) {
        house.messages.push([card]);
        return { message: String(house.messages.length - 1) };
      },
      async change(shown: Readonly<Record<string, string>>, card: Card) {
        house.messages[Number(shown['message'])]?.push(card);
      },
    }),
    vault: through('vault', house.vault),
    freezes: house.freezes,
    role: options.role ?? (() => 'leader'),
    pollMs: 20,
    applyMs: 2_000,
    syncMs: 2_000,
    clock: systemClock,
    log: silentLog,
  });
  return {
    ...house,
    forge: repository,
    proposals,
    troubles: () => watch.troubles(),
    async follow(settled) {
      const stop = new AbortController();
      const running = Promise.all(watch.loops().map((each) => each.run(stop.signal)));
      const end = performance.now() + 45_000;
      try {
        while (!(await settled())) {
          if (performance.now() > end) throw new Error('it did not settle in 45 seconds');
          await systemClock.sleep(10);
        }
      } finally {
        stop.abort();
        await running;
      }
    },
  };
}
