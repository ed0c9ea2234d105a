import { RE2JS } from 're2js';

/** What a workload's annotations ask of Reloader (stakater/Reloader), as far as Secrets go. */
export interface ReloaderWishes {
  /** Restart for every Secret that it refers to. */
  readonly auto: boolean;
  /** Restart for those it refers to that carry `reloader.stakater.com/match`. */
  readonly search: boolean;
  /** Restart for these, each a pattern for the whole name. */
  readonly listed: readonly string[];
  /** Never for these. */
  readonly excluded: readonly string[];
}

type Annotations = Readonly<Record<string, string>> | undefined;

const names = {
  auto: 'reloader.stakater.com/auto',
  secretAuto: 'secret.reloader.stakater.com/auto',
  search: 'reloader.stakater.com/search',
  list: 'secret.reloader.stakater.com/reload',
  exclude: 'secrets.exclude.reloader.stakater.com/reload',
} as const;

/** Reads the workload's own annotations; those of the pod template count only where the workload has none, as Reloader does. */
export function reloaderWishes(own: Annotations, template: Annotations): ReloaderWishes | undefined {
  const asked = [own, template].find((each) =>
    [names.auto, names.secretAuto, names.search, names.list].some((name) => each?.[name] !== undefined),
  );
  if (asked === undefined) return undefined;
  return {
    auto: isTrue(asked[names.auto]) || isTrue(asked[names.secretAuto]),
    search: asked[names.search] === 'true',
    listed: listOf(asked[names.list]),
    excluded: listOf(asked[names.exclude]),
  };
}

/** Whether Reloader restarts the workload when this Secret changes. `mounted`: it uses it by env or a volume; `matched`: the Secret carries the match annotation. */
export function reloads(
  wishes: ReloaderWishes | undefined,
  secret: { readonly name: string; readonly mounted: boolean; readonly matched: boolean },
): boolean {
  if (wishes === undefined || wishes.excluded.includes(secret.name)) return false;
  if (wishes.listed.some((pattern) => fits(pattern, secret.name))) return true;
  return secret.mounted && (wishes.auto || (wishes.search && secret.matched));
}

/** As Go's strconv.ParseBool. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function fits(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  try {
    return pattern.length <= 253 && RE2JS.compile(`^${pattern}$`).matcher(name).find();
  } catch {
    return false;
  }
}
