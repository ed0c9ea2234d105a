import { insertPair, removePair } from './edit-map.ts';
import {
  lastProperty,
  needMap,
  type Opened,
  open,
  save,
  type Target,
  taken,
  templateOf,
} from './external-secret-text.ts';
import { isRecord, type Plain, textOf } from './plain.ts';
import { usualLayout } from './read-habits.ts';
import { child } from './read-yaml.ts';
import { notEditable } from './refuse.ts';
import { writeYaml } from './write-manifest.ts';

/** Adds a line to the template’s data; one that is there changes nothing. Throws manifest-exists, manifest-not-editable. */
export function addLine(opened: Opened, key: string, value: string): string {
  const { text, target, doc, spec } = opened;
  const data = templateOf(spec)?.['data'];
  if (!isRecord(data)) throw notEditable(target.file, 'its template comes from elsewhere (templateFrom)');
  if (data[key] === value) return text;
  if (key in data) throw taken(target, key);
  const map = needMap(target, child(doc.contents, 'spec', 'target', 'template', 'data'));
  const [name = key] = writeYaml(key, usualLayout);
  const line = `${name}: ${quoted(value, text)}`;
  return save(opened, insertPair(text, map, [line]), withData(spec, { ...data, [key]: value }));
}

/** In the quote marks that the file’s templates have. */
function quoted(value: string, text: string): string {
  return value.includes('"') || /: '\{\{/.test(text) ? `'${value}'` : `"${value}"`;
}

function withData(spec: Plain, data: Plain): Plain {
  const target = isRecord(spec['target']) ? spec['target'] : {};
  return { ...spec, target: { ...target, template: { ...templateOf(spec), data } } };
}

/**
 * Takes out the lines of the template that give this name and nothing else. Throws manifest-not-editable where one uses it
 * together with others, manifest-refused where no line would be left.
 */
export function removeLinesOf(text: string, target: Target, name: string): string {
  const data = templateOf(open(text, target).spec)?.['data'];
  const lines = Object.entries(isRecord(data) ? data : {});
  const users = lines.filter(([, value]) => uses(textOf(value), name));
  const mixed = users.find(([, value]) => !isOnly(textOf(value), name));
  if (mixed !== undefined) {
    throw notEditable(target.file, `its template uses ${name} in ${mixed[0]} together with others`);
  }
  if (users.length > 0 && users.length === lines.length) throw lastProperty(target, name);
  return users.reduce((now, [key]) => removeLine(open(now, target), key), text);
}

function removeLine(opened: Opened, key: string): string {
  const { text, target, doc, spec } = opened;
  const map = needMap(target, child(doc.contents, 'spec', 'target', 'template', 'data'));
  const edit = removePair(text, map, key);
  const data = templateOf(spec)?.['data'];
  if (edit === undefined || !isRecord(data)) {
    throw notEditable(target.file, `something else stands in the line of ${key}`);
  }
  const { [key]: _, ...rest } = data;
  return save(opened, edit, withData(spec, rest));
}

function actionsOf(template: string): readonly string[] {
  return template.match(/\{\{.*?\}\}/gs) ?? [];
}

/** What an action takes from the secret: fields (`.name`), and names that are given to `index` or the like as texts. */
function namesIn(action: string): { readonly fields: readonly string[]; readonly texts: readonly string[] } {
  const texts = action.match(/"[^"]*"|`[^`]*`/g) ?? [];
  const bare = action.replace(/"[^"]*"|`[^`]*`/g, '');
  const fields = bare.match(/(?<![\w)\]])\.[A-Za-z_]\w*|index\s+\.(?!\w)/g) ?? [];
  return { fields, texts: texts.map((each) => each.slice(1, -1)) };
}

function uses(template: string, name: string): boolean {
  return actionsOf(template)
    .map(namesIn)
    .some(({ fields, texts }) => fields.includes(`.${name}`) || texts.includes(name));
}

/** One action that takes nothing else of the secret; what is piped through functions is still only this. */
function isOnly(template: string, name: string): boolean {
  const [action = '', ...more] = actionsOf(template);
  return (
    more.length === 0 &&
    template.trim() === action &&
    namesIn(action).fields.length === 1 &&
    uses(action, name)
  );
}
