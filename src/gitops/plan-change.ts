import { isFault } from '../core/errors.ts';
import type { ObjectName } from '../core/names.ts';
import { ResourceName } from '../core/names.ts';
import type {
  Category,
  ManifestKind,
  ManifestName,
  Place,
  Plan,
  PropertyChange,
} from '../core/ports/manifests.ts';
import { checkProperties } from './build-external-secret.ts';
import { addProperty, type Changed, removeProperty } from './edit-external-secret.ts';
import { says } from './edit-text.ts';
import type { Target } from './external-secret-text.ts';
import { type Found, needObject, secretOf } from './find-object.ts';
import { unlistFile } from './list-file.ts';
import { placeBy } from './place.ts';
import { pathOfKey, readHabits, spellKey } from './read-habits.ts';
import { plainDocuments, readDocuments } from './read-yaml.ts';
import { notEditable } from './refuse.ts';
import type { Settings } from './settings.ts';
import { type Survey, surveyAround } from './survey.ts';

/** Adds properties to an ExternalSecret. */
export function planAddition(settings: Settings, place: Place, change: PropertyChange): Promise<Plan> {
  return planProperties(settings, place, change, (text, target, property) =>
    addProperty(text, target, property),
  );
}

/** Takes properties out of an ExternalSecret. */
export function planRemovalOfProperties(
  settings: Settings,
  place: Place,
  change: PropertyChange,
): Promise<Plan> {
  return planProperties(settings, place, change, (text, target, { property }) =>
    removeProperty(text, target, property),
  );
}

type Step = (text: string, target: Target, property: PropertyChange['properties'][number]) => Changed;

async function planProperties(
  settings: Settings,
  place: Place,
  change: PropertyChange,
  step: Step,
): Promise<Plan> {
  checkProperties(change.properties);
  const { survey, found } = await locate(settings, place, { kind: 'ExternalSecret', target: change.target });
  const { file, object } = found;
  const spelling = readHabits([file], settings).key ?? settings.key;
  const target: Target = {
    file: file.path,
    at: object.at,
    isRead: (key) => pathOfKey(key, settings.mount) === change.path,
    key: spellKey(spelling, settings.mount, change.path),
  };
  const start: Changed = { text: file.text, notes: [] };
  const { text, notes } = change.properties.reduce((now, each) => {
    const next = step(now.text, target, each);
    return { text: next.text, notes: [...now.notes, ...next.notes] };
  }, start);
  const files = text === file.text ? [] : [{ path: file.path, text }];
  return { files, notes, object: plannedObject(survey, found, 'ExternalSecret', change.target) };
}

function plannedObject(
  survey: Survey,
  { file, object }: Found,
  kind: ManifestKind,
  target: ObjectName,
): Plan['object'] {
  const secret = ResourceName.safeParse(secretOf(survey, object));
  return { kind, target, path: file.path, secret: secret.success ? secret.data : target.name };
}

const placesOf: Readonly<Record<ManifestKind, readonly Category[]>> = {
  ExternalSecret: ['application', 'infrastructure'],
  Certificate: ['certificate'],
  Secret: ['bootstrap'],
};

interface Located {
  readonly survey: Survey;
  readonly found: Found;
}

/** Looks around each place that the configuration has for the kind. */
async function locate(settings: Settings, place: Place, { kind, target }: ManifestName): Promise<Located> {
  const paths = new Set(placesOf[kind].map((each) => placeBy(settings)(each, target)));
  const [first = '', ...more] = [...paths];
  const lookAt = async (path: string): Promise<Located> => {
    const survey = await surveyAround(place, path);
    return { survey, found: needObject(survey, kind, target) };
  };
  try {
    return await lookAt(first);
  } catch (error) {
    const [second] = more;
    if (second === undefined || !isFault(error, 'manifest-missing')) throw error;
    return lookAt(second);
  }
}

/** Where an object is made; undefined where it is not there. */
export async function findPlanned(
  settings: Settings,
  place: Place,
  name: ManifestName,
): Promise<Plan['object'] | undefined> {
  try {
    const { survey, found } = await locate(settings, place, name);
    return plannedObject(survey, found, name.kind, name.target);
  } catch (error) {
    if (isFault(error, 'manifest-missing')) return undefined;
    throw error;
  }
}

/** Takes a whole object out: its file and what lists that, or its document where others share the file. */
export async function planRemoval(settings: Settings, place: Place, name: ManifestName): Promise<Plan> {
  const located = await locate(settings, place, name);
  const { file, object } = located.found;
  // The file may stand in another folder than the one that was looked around: what lists it is near the file.
  const survey = await surveyAround(place, file.path);
  const planned = plannedObject(survey, located.found, name.kind, name.target);
  const notes = mentions(survey, file.path, planned.secret);
  const rest = withoutDocument(file, object.at);
  if (rest !== undefined) return { files: [{ path: file.path, text: rest }], notes, object: planned };
  const listing = unlistFile(survey, file.path);
  return {
    files: [{ path: file.path, remove: true }, ...listing.files],
    notes: [...notes, ...listing.notes],
    object: planned,
  };
}

/** What the file says without one of its documents; undefined where that is all it says. */
function withoutDocument({ path, text }: Found['file'], at: number): string | undefined {
  const documents = readDocuments(text) ?? [];
  const plain = plainDocuments(text) ?? [];
  const others = plain.filter((each, index) => index !== at && each !== null);
  if (others.length === 0) return undefined;
  const start = documents[at]?.range[0] ?? 0;
  const end = documents[at + 1]?.range[0] ?? text.length;
  const after = text.slice(0, start) + text.slice(end);
  if (!says(after, plain.toSpliced(at, 1)))
    throw notEditable(path, 'its documents can’t be told apart safely');
  return after;
}

/** Files that still speak of a Secret that goes. */
function mentions({ files }: Survey, own: string, secret: string): readonly string[] {
  const form = new RegExp(`(?<![\\w.-])${secret.replaceAll('.', '\\.')}(?![\\w.-])`);
  const users = files.filter(({ path, text }) => path !== own && form.test(text)).map(({ path }) => path);
  return users.length === 0 ? [] : [`The Secret ${secret} is still named in ${users.join(', ')}.`];
}
