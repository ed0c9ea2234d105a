import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { issuer } from '../forge/homelab-files.ts';
import type { Received } from '../http-stand-in.ts';
import { slackPanel, slackSwitches } from '../page/slack-panel.ts';
import { pageOnLoopback } from '../page-on-loopback.ts';
import type { Scene } from '../scene.ts';
import { app } from '../slack/seed.ts';
import { type SlackStandIn, startSlack } from '../slack/start-slack.ts';
import { peopleOnHost, usualConfiguration } from '../usual-configuration.ts';
import { homelab } from '../vault/seed.ts';
import { askVault } from './ask-vault.ts';
import { type BotFiles, keepTokens } from './keep-tokens.ts';
import { Lookout } from './lookout.ts';
import { homelabObjects, isSettled, namespacesOf, plantObjects } from './plant-objects.ts';
import { applyByFlux, type PlantedRepository, plantRepository } from './plant-repository.ts';
import { plantSecrets } from './plant-secrets.ts';
import type { Servers } from './servers.ts';
import { panelsOf } from './show-sight.ts';
import { type Kubelet, switchesOf } from './switches.ts';

export interface RealSceneOptions {
  /** Of what Slack's stand-in receives; the real servers keep their own logs. */
  readonly record?: (received: Received) => void;
  /** What is being done, for whoever waits. */
  readonly tell: (line: string) => void;
}

/**
 * The homelab on real servers, with Slack's stand-in. The administrator seeds it; the bot gets what a pod of
 * manifests/ gets. The servers are stopped when it is closed, and when it can't be opened.
 */
export async function openRealScene(servers: Servers, options: RealSceneOptions): Promise<Scene> {
  const objects = homelabObjects();
  const kubelet = kubeletOf(servers, namespacesOf(objects));
  try {
    options.tell('Seeding the homelab…');
    const ask = askVault(servers.vault);
    kubelet.start();
    const [planted] = await Promise.all([
      plantRepository(servers),
      plantSecrets(ask, homelab, Date.now()),
      plantObjects(servers, objects),
    ]);
    options.tell('Having Flux apply it…');
    await applyByFlux(servers, planted);
    await isSettled(servers);
    const slack = await startSlack(options.record === undefined ? {} : { record: options.record });
    const files = await keepTokens(servers, ask);
    const lookout = new Lookout(servers);
    return {
      slack,
      git: planted.host,
      config: await writeConfiguration({ servers, slack, files, planted }),
      env: { SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken },
      panels: [...panelsOf(lookout, servers.vault), slackPanel(slack)],
      switches: [
        ...slackSwitches(slack),
        ...switchesOf({ servers, ask, kubelet, repository: planted.repository }),
      ],
      async close() {
        files.close();
        try {
          await Promise.all([slack.close(), kubelet.stop(), lookout.settled()]);
        } finally {
          await servers.stop();
        }
      },
    };
  } catch (error) {
    await kubelet.stop().catch(() => undefined);
    await servers.stop();
    throw error;
  }
}

function kubeletOf(servers: Servers, namespaces: readonly string[]): Kubelet {
  let end: (() => Promise<void>) | undefined;
  return {
    start() {
      end ??= servers.startKubelet(namespaces);
    },
    async stop() {
      await end?.();
      end = undefined;
    },
  };
}

interface Written {
  readonly servers: Servers;
  readonly slack: SlackStandIn;
  readonly files: BotFiles;
  readonly planted: PlantedRepository;
}

async function writeConfiguration({ servers, slack, files, planted }: Written): Promise<string> {
  const { folder, url, vault, git } = servers;
  const path = join(folder, 'chatelaine.yaml');
  const configuration = {
    ...usualConfiguration({
      slackApiUrl: slack.apiUrl,
      vault,
      kubernetes: { server: url, tokenFile: files.kubernetesToken, caFile: files.ca },
      vaultTokenFile: files.vaultToken,
    }),
    git: {
      host: 'gitea',
      address: git.address,
      repository: planted.repository,
      pollSeconds: 0.5,
      auth: { token: { file: files.gitToken } },
      people: peopleOnHost,
    },
    gitops: { issuer: { name: issuer } },
    ...(await pageOnLoopback()),
  };
  await writeFile(path, stringify(configuration));
  return path;
}
