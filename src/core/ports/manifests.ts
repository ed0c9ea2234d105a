import type { Namespace, ObjectName, PropertyName, ResourceName, VaultPath } from '../names.ts';
import type { FolderEntry } from './forge.ts';

/**
 * Builds and checks the files that a proposal changes. Nothing is written: each answer is a plan of whole files.
 *
 * All are safe to repeat, on the same commit with the same answer; one that is asked for what is there already answers
 * with no files. They throw manifest-exists (a name is taken), manifest-missing (what should change isn't there),
 * manifest-not-editable (it can't be changed without touching more than was asked), manifest-refused (the cluster would
 * not take the object, or it would not do what was asked) and bad-argument.
 */
export interface Manifests {
  /** Where a new object of this category goes by configuration, before the repository is looked at. */
  placeFor(category: Category, target: ObjectName): string;

  newExternalSecret(place: Place, wanted: NewExternalSecret): Promise<Plan>;
  /** Without files where nothing in Git needs to change; the notes say why. */
  addProperties(place: Place, change: PropertyChange): Promise<Plan>;
  /** Refuses to take the last property: remove the whole object instead. */
  removeProperties(place: Place, change: PropertyChange): Promise<Plan>;
  newEncryptedSecret(place: Place, wanted: NewEncryptedSecret): Promise<Plan>;
  newCertificate(place: Place, wanted: NewCertificate): Promise<Plan>;
  /** Takes a whole object out, with its file where nothing else is in that, and what lists the file. */
  remove(place: Place, object: ManifestName): Promise<Plan>;
  /** Where an object is made, among what Flux builds around its place; undefined where it is not there. */
  find(place: Place, name: ManifestName): Promise<PlannedObject | undefined>;
  /** Why a file's text is not this Secret with every value encrypted; undefined where it is. No value is in the answer. */
  problemOfEncrypted(text: string, target: ObjectName): string | undefined;
  /** Which files name a path of Vault; more than can be looked through makes it incomplete. */
  references(repository: RepositoryView, path: VaultPath): Promise<References>;

  /** The words of the pull request and of its commit. The same facts give the same words. */
  describe(facts: ProposalFacts): ProposalText;
}

/** Where a secret is kept, and with that what its proposal holds. */
export const categories = ['bootstrap', 'infrastructure', 'application', 'certificate'] as const;
export type Category = (typeof categories)[number];

export interface Place {
  readonly repository: RepositoryView;
  /** The Flux Kustomization that builds a path; undefined where none does, or it isn't known. */
  covering(path: string): Covering | undefined | Promise<Covering | undefined>;
}

/** A repository at one commit: every answer is of that commit. All may be asked for at once: a few at a time go to the host. */
export interface RepositoryView {
  readFile(path: string): Promise<string | undefined>;
  /** `''` is the root. */
  listFolder(path: string): Promise<readonly FolderEntry[] | undefined>;
}

/** What counts here of a Flux Kustomization. */
export interface Covering {
  /** `spec.path`, from the repository's root; `./` in front or not. */
  readonly path: string;
  readonly targetNamespace?: Namespace;
  /** Variables of `spec.postBuild`, as far as they are known; absent where nothing is substituted. */
  readonly substitute?: Readonly<Record<string, string>>;
  /** Whether it opens files that SOPS encrypted: one that doesn't applies nothing at all where it finds one. */
  readonly decrypts?: boolean;
}

export interface References {
  readonly files: readonly string[];
  readonly isComplete: boolean;
}

export type ManifestKind = 'ExternalSecret' | 'Certificate' | 'Secret';

export interface ManifestName {
  readonly kind: ManifestKind;
  readonly target: ObjectName;
}

interface NewObject {
  readonly target: ObjectName;
  /** Infrastructure and application have a place of their own each. */
  readonly category: Category;
}

export interface WantedProperty {
  readonly property: PropertyName;
  /** Its key in the Kubernetes Secret; the property's own name where it is not given. */
  readonly secretKey?: string;
  /** Nobody has its value yet when this is merged. */
  readonly later?: boolean;
}

export interface NewExternalSecret extends NewObject {
  readonly path: VaultPath;
  readonly properties: readonly WantedProperty[];
  /** data: one entry a property. extract: the whole path, and a template that names what is taken from it. */
  readonly how?: 'data' | 'extract';
}

export interface PropertyChange {
  readonly target: ObjectName;
  readonly path: VaultPath;
  readonly properties: readonly WantedProperty[];
}

export interface NewEncryptedSecret extends NewObject {
  /** Makes the encrypted file's text, once its path is known: the rules of `.sops.yaml` go by path. */
  encrypted(path: string, object: EncryptedObject): string | Promise<string>;
}

export interface EncryptedObject {
  readonly name: ResourceName;
  /** Absent where Flux or the kustomization sets it. */
  readonly namespace?: Namespace;
  /** Whether Flux substitutes here: plain `stringData` would be changed by it, `data` is not. */
  readonly substituted: boolean;
}

export interface NewCertificate extends NewObject {
  readonly dnsNames: readonly string[];
  /** The configured one where it isn't given. */
  readonly issuer?: Issuer;
}

export interface Issuer {
  readonly kind: 'Issuer' | 'ClusterIssuer';
  readonly name: ResourceName;
}

export type PlannedFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly remove: true };

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** For people: what the plan leaves to them, and what they should look at. Whole sentences. */
  readonly notes: readonly string[];
  /** What the plan makes, changes or takes out. */
  readonly object: PlannedObject;
}

export interface PlannedObject extends ManifestName {
  /** The file that holds it. */
  readonly path: string;
  /** The Kubernetes Secret that comes of it. */
  readonly secret: ResourceName;
}

/** What a proposal tells of itself. There is no place in it for a value. */
export interface ProposalFacts {
  readonly what: 'new' | 'add' | 'remove';
  readonly target: ObjectName;
  readonly category: Category;
  readonly plan: Plan;
  /** Who asked, as people call them and as the surface knows them. */
  readonly requestedBy: { readonly name: string; readonly id: string };
  readonly requestId: string;
  readonly operation: string;
  /** In the person’s own words. */
  readonly reason?: string;
  /** Where the values are; absent where none are in Vault. */
  readonly path?: VaultPath;
  readonly properties?: readonly ProposedProperty[];
  /** What reads the path already. */
  readonly readers?: readonly ObjectName[];
  readonly dnsNames?: readonly string[];
  /** Of Chatelaine. */
  readonly madeBy: string;
}

export interface ProposedProperty {
  readonly property: PropertyName;
  /** How its value was made: `password, 32 characters, alphanumeric (190 bits)`, `typed by the person`. */
  readonly made?: string;
}

export interface ProposalText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** Of the commit, with its trailers. */
  readonly message: string;
}

/** A kind's schema as the cluster has it (OpenAPI v3, structural); undefined where the cluster has no such kind. */
export type SchemaOf = (
  kind: 'ExternalSecret' | 'Certificate',
) => Promise<Readonly<Record<string, unknown>> | undefined>;
