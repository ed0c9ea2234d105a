import { join } from 'node:path/posix';
import { formatObjectName, type ObjectName, ResourceName } from '../core/names.ts';
import type {
  Category,
  ManifestKind,
  NewCertificate,
  NewEncryptedSecret,
  NewExternalSecret,
  Place,
  Plan,
  SchemaOf,
} from '../core/ports/manifests.ts';
import { buildCertificate, checkDnsNames } from './build-certificate.ts';
import { buildExternalSecret, checkProperties } from './build-external-secret.ts';
import { checkEncrypted } from './check-encrypted.ts';
import { checkAgainstCluster } from './check-schema.ts';
import { says } from './edit-text.ts';
import { checkFree } from './find-object.ts';
import { listFile } from './list-file.ts';
import type { TextFile } from './open-kustomization.ts';
import { placeBy } from './place.ts';
import { findNeighbours, readHabits, readLayout, spellKey } from './read-habits.ts';
import { refusal } from './refuse.ts';
import type { Settings } from './settings.ts';
import { checkPlace, type Survey, surveyAround } from './survey.ts';
import { writeManifest } from './write-manifest.ts';

interface Site {
  readonly survey: Survey;
  readonly path: string;
}

type Manifest = Readonly<Record<string, unknown>>;

/** The plan of an ExternalSecret, by `data` or by `extract` with a template. */
export async function planExternalSecret(
  settings: Settings,
  schemaOf: SchemaOf,
  place: Place,
  wanted: NewExternalSecret,
): Promise<Plan> {
  checkProperties(wanted.properties);
  const site = await siteFor(settings, place, wanted);
  const neighbours = await neighboursOf(settings, site, 'ExternalSecret', wanted);
  const habits = readHabits(neighbours, settings);
  const { name } = wanted.target;
  const suffix = name.endsWith('-secret') ? '' : (habits.secretSuffix ?? '-secret');
  const secret = `${name}${suffix}`;
  checkFree(site.survey, 'ExternalSecret', wanted.target, secret);
  const manifest = buildExternalSecret(
    {
      ...named(site.survey, wanted.target),
      secret,
      key: spellKey(habits.key ?? settings.key, settings.mount, wanted.path),
      how: wanted.how ?? settings.read,
      properties: wanted.properties,
    },
    settings,
  );
  return planFile('ExternalSecret', site, {
    manifest: await checkAgainstCluster(manifest, schemaOf),
    neighbours,
    secret,
    wanted,
  });
}

/** The plan of a Certificate. */
export async function planCertificate(
  settings: Settings,
  schemaOf: SchemaOf,
  place: Place,
  wanted: NewCertificate,
): Promise<Plan> {
  checkDnsNames(wanted.dnsNames);
  const issuer = wanted.issuer ?? settings.issuer;
  if (issuer === undefined) throw noIssuer(wanted.target);
  const site = await siteFor(settings, place, wanted);
  const { name } = wanted.target;
  const secret = name.endsWith('-tls') ? name : `${name}-tls`;
  checkFree(site.survey, 'Certificate', wanted.target, secret);
  const parts = { ...named(site.survey, wanted.target), secret, dnsNames: wanted.dnsNames, issuer };
  const manifest = await checkAgainstCluster(buildCertificate(parts), schemaOf);
  const neighbours = await neighboursOf(settings, site, 'Certificate', wanted);
  return planFile('Certificate', site, { manifest, neighbours, secret, wanted });
}

function noIssuer(target: ObjectName): Error {
  return refusal({
    code: 'bad-argument',
    doing: `proposing the Certificate ${formatObjectName(target)}`,
    wrong: 'no issuer was named, and the configuration has none',
    next: 'Name one, or set gitops.issuer of the configuration.',
  });
}

/** The plan of a Secret that SOPS encrypted: the text is somebody else’s, its place and what lists it are ours. */
export async function planEncryptedSecret(
  settings: Settings,
  place: Place,
  wanted: NewEncryptedSecret,
): Promise<Plan> {
  const { survey, path } = await siteFor(settings, place, wanted);
  checkOpened(survey, path);
  checkFree(survey, 'Secret', wanted.target, wanted.target.name);
  const substituted = survey.covering?.substitute !== undefined;
  const text = await wanted.encrypted(path, { ...named(survey, wanted.target), substituted });
  const notes = checkEncrypted({ path, text }, wanted.target, substituted);
  const listing = listFile(survey, path);
  return {
    files: [{ path, text }, ...listing.files],
    notes: [...notes, ...listing.notes],
    object: { kind: 'Secret', target: wanted.target, path, secret: wanted.target.name },
  };
}

/** Threat: one encrypted file that Flux can't open keeps everything beside it from being applied. */
function checkOpened({ covering }: Survey, path: string): void {
  if (covering?.decrypts !== false) return;
  throw refusal({
    code: 'manifest-refused',
    doing: `looking for a place for ${path}`,
    wrong: `the Kustomization of ${covering.path === '' ? 'the root' : covering.path} opens no encrypted files, and would fail at one`,
    next: 'Give it spec.decryption with provider: sops and the secret of the age key, then ask again.',
  });
}

function named(
  survey: Survey,
  { namespace, name }: ObjectName,
): Pick<ObjectName, 'name'> & Partial<ObjectName> {
  return { name, ...(survey.namespace === undefined && { namespace }) };
}

async function siteFor(
  settings: Settings,
  place: Place,
  { category, target }: { readonly category: Category; readonly target: ObjectName },
): Promise<Site> {
  const preferred = placeBy(settings)(category, target);
  const survey = await surveyAround(place, preferred);
  checkPlace(survey, target);
  return { survey, path: await freePath(survey, preferred, target) };
}

/** The place by configuration, or beside it where another file has that: `externalsecret-jellyfin.yaml`, `…-2.yaml`. */
async function freePath(survey: Survey, preferred: string, { name }: ObjectName): Promise<string> {
  const file = preferred.slice(preferred.lastIndexOf('/') + 1);
  const at = file.search(/(?:\.sops)?\.ya?ml$/);
  const [stem, ending] = [file.slice(0, at), file.slice(at)];
  const names = [
    file,
    `${stem}-${name}${ending}`,
    ...[2, 3, 4, 5].map((each) => `${stem}-${name}-${each}${ending}`),
  ];
  for (const each of names) {
    const path = join(survey.folder, each);
    if ((await survey.repository.readFile(path)) === undefined) return path;
  }
  throw refusal({
    code: 'manifest-exists',
    doing: `looking for a place in ${survey.folder}`,
    wrong: `${preferred} and the names beside it are taken`,
    next: 'Set gitops.paths of the configuration to another place.',
  });
}

/** Nearest first: files of this kind beside the new one, then those of other apps. */
async function neighboursOf(
  { paths }: Settings,
  { survey }: Site,
  kind: ManifestKind,
  { category, target }: { readonly category: Category; readonly target: ObjectName },
): Promise<readonly TextFile[]> {
  const beside = survey.files.filter(({ objects }) => objects.some((each) => each.kind === kind));
  return [...beside, ...(await findNeighbours(survey.repository, paths[category], target))];
}

interface Content {
  readonly manifest: Manifest;
  readonly neighbours: readonly TextFile[];
  readonly secret: string;
  readonly wanted: { readonly target: ObjectName };
}

function planFile(kind: ManifestKind, { survey, path }: Site, content: Content): Plan {
  const { manifest, neighbours, secret, wanted } = content;
  const text = writeManifest(manifest, readLayout(neighbours));
  if (!says(text, [manifest])) throw new Error('a new manifest reads otherwise than it was built');
  const listing = listFile(survey, path);
  return {
    files: [{ path, text }, ...listing.files],
    notes: [...(survey.isComplete ? [] : [incomplete(survey)]), ...listing.notes],
    object: { kind, target: wanted.target, path, secret: ResourceName.parse(secret) },
  };
}

function incomplete({ folder, covering }: Survey): string {
  return covering === undefined
    ? `Only ${folder} was looked through for the same names.`
    : `${covering.path} builds more files than were looked through for the same names.`;
}
