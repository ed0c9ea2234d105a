import { isMap, isSeq, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import type { EncryptionRule, Selection, SopsRules } from '../core/ports/encrypter.ts';
import { selectionKinds } from '../core/ports/encrypter.ts';
import { finderOf, holdsIdentity, oneLine, sopsFault } from './faults.ts';
import { KeyFields, readRecipients } from './read-recipients.ts';

/** What the `sops` program takes for a rule of its own; what else stands there it leaves alone, and so do we. */
const CreationRule = KeyFields.extend({
  path_regex: z.string().nullish(),
  shamir_threshold: z.int().nullish(),
  mac_only_encrypted: z.boolean().nullish(),
  ...Object.fromEntries(selectionKinds.map((kind) => [kind, z.string().nullish()])),
});
type CreationRule = z.infer<typeof CreationRule>;

const RulesFile = z.object({
  creation_rules: z.array(z.unknown()).nullish(),
  stores: z.object({ yaml: z.object({ indent: z.int().nullish() }).nullish() }).nullish(),
});

/** Without one of these a file's values are encrypted but for keys that end so. */
const usual: Selection = { by: 'unencrypted_suffix', pattern: '_unencrypted' };
const usualIndent = 4;

interface Found {
  readonly rule: CreationRule;
  readonly name: string;
  readonly text: string;
}

/**
 * The first rule whose `path_regex` is found in the path, seen from the folder of the rules' file. Safe to repeat.
 * Throws sops-rules-unreadable, sops-no-rule, sops-rule-unusable and age-key-exposed; see the port.
 */
export function chooseRule(rules: SopsRules, path: string): EncryptionRule {
  refuseIdentity(rules);
  const { file, texts } = readRules(rules);
  const found = findRule(rules, { all: file.creation_rules ?? [], texts }, path);
  const unusable = (wrong: string): never => {
    throw sopsFault('sops-rule-unusable', {
      doing: `encrypting ${oneLine(path)} by ${found.name}`,
      wrong: `${wrong}. The rule: ${oneLine(found.text)}`,
      next: 'Write this file with sops itself, or give it a rule with age recipients alone.',
    });
  };
  return {
    name: found.name,
    text: found.text,
    recipients: readRecipients(found.rule, unusable),
    selection: readSelection(found.rule, unusable),
    macOnlyEncrypted: found.rule.mac_only_encrypted ?? false,
    indent: readIndent(rules, file.stores?.yaml?.indent ?? 0),
  };
}

function refuseIdentity({ path, text }: SopsRules): void {
  if (!holdsIdentity(text)) return;
  throw sopsFault('age-key-exposed', {
    doing: `reading ${path}`,
    wrong: 'it holds an age private key, which lets everybody with the repository decrypt',
    next: 'Take that key for exposed: make a new one, encrypt every file anew with sops updatekeys and sops rotate, then rotate what those files hold.',
  });
}

function unreadable({ path }: SopsRules, wrong: string): Error {
  return sopsFault('sops-rules-unreadable', {
    doing: `reading ${path}`,
    wrong,
    next: `Mend ${path} first: sops itself refuses it too.`,
  });
}

/** The file, and each rule as it is written there. */
function readRules(rules: SopsRules): { file: z.infer<typeof RulesFile>; texts: readonly string[] } {
  const document = parseDocument(rules.text, { stringKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    throw unreadable(rules, `it is no YAML${line === undefined ? '' : `: line ${line} can't be read`}`);
  }
  const parsed = RulesFile.safeParse(toPlain(rules, () => document.toJS() as unknown) ?? {});
  if (!parsed.success) throw unreadable(rules, `${where(parsed.error)} is not of the form that sops reads`);
  const list = isMap(document.contents) ? document.contents.get('creation_rules') : undefined;
  const items = isSeq<Node>(list) ? list.items : [];
  return { file: parsed.data, texts: items.map((item) => sourceOf(rules.text, item)) };
}

/** Anchors are resolved; too many of them within each other are refused. */
function toPlain(rules: SopsRules, read: () => unknown): unknown {
  try {
    return read();
  } catch {
    throw unreadable(rules, 'its anchors and aliases lead nowhere');
  }
}

function sourceOf(text: string, { range }: Node): string {
  return range ? text.slice(range[0], range[1]).trimEnd() : '';
}

function where(error: z.ZodError): string {
  return error.issues[0]?.path.join('.') || 'the file';
}

function findRule(
  rules: SopsRules,
  { all, texts }: { readonly all: readonly unknown[]; readonly texts: readonly string[] },
  path: string,
): Found {
  const relative = fromFolderOf(rules.path, path);
  for (const [index, each] of all.entries()) {
    const at = `creation_rules[${index}]`;
    const parsed = CreationRule.safeParse(each);
    if (!parsed.success) {
      throw unreadable(rules, `${at}.${where(parsed.error)} is not of the form that sops reads`);
    }
    const pattern = parsed.data.path_regex ?? '';
    const name = `${at} of ${rules.path} (${pattern === '' ? 'for every path' : `path_regex ${oneLine(pattern)}`})`;
    const matches =
      pattern === '' || finderOf(pattern, () => unreadable(rules, `${name} is no regular expression`));
    if (matches === true || matches(relative)) return { rule: parsed.data, name, text: texts[index] ?? '' };
  }
  throw noRule(rules, relative, texts);
}

function noRule(rules: SopsRules, path: string, texts: readonly string[]): Error {
  const list = texts.map((text, index) => `creation_rules[${index}]: ${oneLine(text)}`).join('; ');
  return sopsFault('sops-no-rule', {
    doing: `finding the rule for ${oneLine(path)}`,
    wrong:
      list === ''
        ? `${rules.path} has no creation_rules`
        : `none of ${rules.path} matches that path. ${list}`,
    next: `Choose a path that a rule is for, or add one to ${rules.path}.`,
  });
}

function fromFolderOf(rulesPath: string, path: string): string {
  const folder = rulesPath.slice(0, rulesPath.lastIndexOf('/') + 1);
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

function readSelection(rule: CreationRule, unusable: (wrong: string) => never): Selection {
  const given = selectionKinds.flatMap((by): Selection[] => {
    const pattern = (rule as Readonly<Record<string, unknown>>)[by];
    return typeof pattern === 'string' && pattern !== '' ? [{ by, pattern }] : [];
  });
  if (given.length > 1) {
    return unusable(`it has ${given.map(({ by }) => by).join(' and ')}, and sops takes one of them`);
  }
  const selection = given[0] ?? usual;
  if (selection.by.endsWith('_regex')) {
    // The sops program takes such a pattern for one that matches nothing, and leaves values in clear.
    finderOf(selection.pattern, () => unusable(`its ${selection.by} is no regular expression`));
  }
  return selection;
}

/** What the emitter of sops makes of it: nothing is its usual, and what it can't do is 2. */
function readIndent(rules: SopsRules, indent: number): number {
  if (indent < 0) throw unreadable(rules, 'stores.yaml.indent is below zero');
  if (indent === 0) return usualIndent;
  return indent < 2 || indent > 9 ? 2 : indent;
}
