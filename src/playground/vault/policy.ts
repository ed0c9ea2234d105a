/** One `path "…" { … }` of a policy. */
export interface PolicyRule {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** Absent: any. `[]` beside a name allows any value of it. */
  readonly allowedParameters?: ReadonlyMap<string, readonly string[]>;
}

export interface Access {
  /** Without a slash in front. */
  readonly path: string;
  readonly capability: string;
  /** Names of the body's parameters. */
  readonly parameters: readonly string[];
}

/** Reads the part of HCL that policies are written in. Throws on what it doesn't know, so that nothing is passed over. */
export function parsePolicy(hcl: string): readonly PolicyRule[] {
  const text = hcl.replace(/^\s*(?:#|\/\/).*$/gm, '');
  const rules: PolicyRule[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const head = /^path\s+"([^"]+)"\s*\{/.exec(rest);
    if (head === null) throw new Error(`policy: expected a path at: ${rest.slice(0, 40)}`);
    const end = closing(rest, head[0].length);
    rules.push(readRule(head[1] ?? '', rest.slice(head[0].length, end)));
    rest = rest.slice(end + 1).trim();
  }
  return rules;
}

/** Where the brace that opened before `from` closes. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error('policy: a brace is not closed');
}

function readRule(path: string, body: string): PolicyRule {
  const capabilities = /\bcapabilities\s*=\s*\[([^\]]*)\]/.exec(body);
  const allowed = /\ballowed_parameters\s*=\s*\{([^}]*)\}/.exec(body);
  const left = body
    .replace(capabilities?.[0] ?? '', '')
    .replace(allowed?.[0] ?? '', '')
    .trim();
  if (capabilities === null || left !== '') throw new Error(`policy: ${path} holds what is not known here`);
  return {
    path,
    capabilities: strings(capabilities[1] ?? ''),
    ...(allowed === null ? {} : { allowedParameters: parameters(allowed[1] ?? '') }),
  };
}

function strings(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

function parameters(text: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...text.matchAll(/"([^"]+)"\s*=\s*\[([^\]]*)\]/g)].map((match) => [
      match[1] ?? '',
      strings(match[2] ?? ''),
    ]),
  );
}

/** Whether any rule allows it. The most specific path decides; rules for the same path add up. */
export function isAllowed(rules: readonly PolicyRule[], access: Access): boolean {
  const best = bestRules(rules, access.path);
  if (best.some((rule) => rule.capabilities.includes('deny'))) return false;
  return best.some((rule) => rule.capabilities.includes(access.capability) && allowsParameters(rule, access));
}

function bestRules(rules: readonly PolicyRule[], path: string): readonly PolicyRule[] {
  const matching = rules
    .filter((rule) => matches(rule.path, path))
    .toSorted((a, b) => compare(b.path, a.path));
  return matching.filter((rule) => rule.path === matching[0]?.path);
}

/** What a token with these rules may on a path, as sys/capabilities-self tells it: `deny` where it is nothing. */
export function capabilitiesOn(rules: readonly PolicyRule[], path: string): readonly string[] {
  const all = new Set(bestRules(rules, path).flatMap(({ capabilities }) => capabilities));
  return all.size === 0 || all.has('deny') ? ['deny'] : [...all].toSorted();
}

function allowsParameters(
  { allowedParameters }: PolicyRule,
  { capability, parameters: given }: Access,
): boolean {
  if (allowedParameters === undefined || !['create', 'update', 'patch'].includes(capability)) return true;
  return allowedParameters.has('*') || given.every((name) => allowedParameters.has(name));
}

/** `+` is one segment, `*` at the end is any rest. A list's path may lack the slash that the policy has. */
function matches(pattern: string, path: string): boolean {
  const form = pattern
    .replace(/[.?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('+', '[^/]+')
    .replace(/\*$/, '.*');
  return new RegExp(`^${form}$`).test(path);
}

/** Vault's order: the later the first wildcard the more specific, then no `*`, fewer `+`, longer. */
function compare(a: string, b: string): number {
  return (
    firstWildcard(a) - firstWildcard(b) ||
    Number(b.endsWith('*')) - Number(a.endsWith('*')) ||
    b.split('+').length - a.split('+').length ||
    a.length - b.length
  );
}

function firstWildcard(path: string): number {
  const at = path.search(/[+*]/);
  return at < 0 ? Number.MAX_SAFE_INTEGER : at;
}
