import { withTrailers } from '../core/commit-message.ts';
import { formatObjectName } from '../core/names.ts';
import type { Category, ProposalFacts, ProposalText } from '../core/ports/manifests.ts';
import { defuse, escapeMarkdown, foldLines, inCode } from './escape-markdown.ts';

/** The words of a pull request and of its commit. The same facts give the same words. */
export function describeProposal(facts: ProposalFacts): ProposalText {
  const title = titleOf(facts);
  return {
    title,
    body: `${[opening(facts), factTable(facts), ...propertyTable(facts), ...noteList(facts), reviewList(facts)].join('\n\n')}\n`,
    message: withTrailers(
      { subject: title, ...(facts.reason !== undefined && { body: defuse(facts.reason) }) },
      {
        'Requested-by': `${defuse(facts.requestedBy.name, 80)} (${facts.requestedBy.id})`,
        'Request-Id': facts.requestId,
        'Chatelaine-Operation': facts.operation,
        'Chatelaine-Version': facts.madeBy,
      },
    ),
  };
}

function titleOf({ what, target, properties, category }: ProposalFacts): string {
  const name = formatObjectName(target);
  const [first, ...more] = properties ?? [];
  const named =
    first === undefined ? '' : `${first.property}${more.length > 0 ? ` and ${more.length} more` : ''}`;
  if (what === 'new') return `Add the ${category === 'certificate' ? 'certificate' : 'secret'} ${name}`;
  if (what === 'add') return `Add ${named} to the secret ${name}`;
  return named === '' ? `Remove the secret ${name}` : `Remove ${named} from the secret ${name}`;
}

function opening({ requestedBy, reason, what }: ProposalFacts): string {
  const asked = `**${escapeMarkdown(requestedBy.name, 80)}** (${inCode(requestedBy.id)}) asked Chatelaine for this.`;
  const why =
    reason === undefined || foldLines(reason) === ''
      ? 'No reason was given.'
      : `Why, in their words: ${escapeMarkdown(reason)}`;
  const undo = {
    new: ' Closing this takes back what was written for it.',
    add: ' Its values are made after the merge; closing this leaves nothing behind.',
    remove: '',
  }[what];
  return `${asked} ${why}\n\nNo value is in here, nor in any file of it.${undo}`;
}

function factTable({ category, plan, path, readers, dnsNames, requestId }: ProposalFacts): string {
  const { object } = plan;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Category', category],
    ['Object', `${object.kind} ${inCode(formatObjectName(object.target))}`],
    ['Files', listOf(plan.files.map(({ path }) => path))],
    ['Kubernetes Secret', inCode(object.secret)],
    ['Path in Vault', path === undefined ? undefined : inCode(path)],
    ['Read already by', listOf(readers?.map(formatObjectName))],
    ['DNS names', listOf(dnsNames)],
    ['Request', inCode(requestId)],
  ];
  return table(
    ['', ''],
    rows.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

function listOf(names: readonly string[] | undefined): string | undefined {
  if (names === undefined) return undefined;
  return names.length === 0 ? 'nothing' : names.map(inCode).join(', ');
}

function propertyTable({ properties = [] }: ProposalFacts): readonly string[] {
  if (properties.length === 0) return [];
  const rows = properties.map(({ property, made }) => [
    inCode(property),
    made === undefined ? '' : escapeMarkdown(made),
  ]);
  return [table(['Property', 'How its value was made'], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function noteList({ plan }: ProposalFacts): readonly string[] {
  if (plan.notes.length === 0) return [];
  return [`Look at this as well:\n${plan.notes.map((each) => `- ${escapeMarkdown(each, 500)}`).join('\n')}`];
}

const checks: Readonly<Record<ProposalFacts['what'], readonly string[]>> = {
  new: [
    'the namespace, and the Secret’s name, are where the app looks',
    'the path in Vault is this app’s own',
  ],
  add: ['the app that reads the Secret should see this property', 'the path in Vault is this app’s own'],
  remove: [
    'nothing needs it any more: what only it used in Vault is deleted after the merge, so that a person can bring it back',
  ],
};

const encrypted = 'the file is encrypted to your own age recipients, and to no other';
const certificate = 'the DNS names are yours, and the issuer is the one you want';

function reviewList({ what, category }: ProposalFacts): string {
  const own: Partial<Record<Category, readonly string[]>> = {
    bootstrap: [encrypted],
    certificate: [certificate],
  };
  const said = what === 'remove' ? checks.remove : (own[category] ?? checks[what]);
  const list = [...said, 'only the files named above change, and you know why it was asked for'];
  return `Before you approve, see that\n${list.map((each) => `- ${each}`).join('\n')}`;
}
