import type { Manifests, SchemaOf } from '../core/ports/manifests.ts';
import { problemOfEncrypted } from './check-encrypted.ts';
import { describeProposal } from './describe-proposal.ts';
import { findReferences } from './find-references.ts';
import { placeBy } from './place.ts';
import { findPlanned, planAddition, planRemoval, planRemovalOfProperties } from './plan-change.ts';
import { planCertificate, planEncryptedSecret, planExternalSecret } from './plan-new.ts';
import type { Settings } from './settings.ts';

/** The manifests that proposals hold, by configuration and checked against the cluster’s own schemas. */
export function manifestsBy(settings: Settings, schemaOf: SchemaOf): Manifests {
  return {
    placeFor: placeBy(settings),
    newExternalSecret: (place, wanted) => planExternalSecret(settings, schemaOf, place, wanted),
    addProperties: (place, change) => planAddition(settings, place, change),
    removeProperties: (place, change) => planRemovalOfProperties(settings, place, change),
    newEncryptedSecret: (place, wanted) => planEncryptedSecret(settings, place, wanted),
    newCertificate: (place, wanted) => planCertificate(settings, schemaOf, place, wanted),
    find: (place, name) => findPlanned(settings, place, name),
    problemOfEncrypted,
    references: (repository, path) => findReferences(settings, repository, path),
    remove: (place, name) => planRemoval(settings, place, name),
    describe: describeProposal,
  };
}
