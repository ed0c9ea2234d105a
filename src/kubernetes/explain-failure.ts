/** A failure of External Secrets in words that are ours. */
export interface Explained {
  readonly says: string;
  readonly likely?: string;
  /** Vault or the way to it is the cause, not what is read. */
  readonly byVault?: true;
}

/*
 * External Secrets has no codes for why a sync failed, only the text of an Event. The text is matched and not
 * shown: an error of a template or a decoding can quote the value that it choked on, and Slack must never
 * carry one. What is not known here is told as "something else", with where to read it.
 */
const known: readonly (Explained & { readonly sign: RegExp })[] = [
  {
    sign: /Vault is sealed/i,
    says: 'Vault is sealed',
    byVault: true,
    likely: 'the replica that External Secrets asked is sealed; see /vault status',
  },
  {
    sign: /unable to log ?in|auth\/[\w/-]+\/login/i,
    says: 'login to Vault refused',
    byVault: true,
    likely: "the role or the Kubernetes auth of External Secrets' store",
  },
  {
    sign: /permission denied/i,
    says: 'permission denied',
    likely: "the Vault policy of External Secrets' role does not cover this path",
  },
  {
    sign: /cannot find secret data for key/i,
    says: 'a property that it reads is not in the secret',
    likely: 'the property was renamed or removed in Vault',
  },
  {
    sign: /Secret does not exist/i,
    says: 'the secret does not exist',
    likely: 'the path was deleted in Vault, or never written',
  },
  {
    sign: /could not get (?:Cluster)?SecretStore/i,
    says: 'its store does not exist',
    likely: 'the store was removed or renamed',
  },
  {
    sign: /SecretStore "[^"]*" is not ready/i,
    says: 'its store is not ready',
    byVault: true,
    likely: 'the store can not reach or log in to Vault; see /vault status',
  },
  {
    sign: /denied by spec\.condition/i,
    says: 'its store may not be used from this namespace',
    likely: "the store's conditions on namespaces",
  },
  {
    sign: /target is immutable|secret is immutable/i,
    says: 'its target Secret is immutable',
    likely: 'an immutable Secret takes no new value; it must be deleted and made again',
  },
  {
    sign: /owned by another ExternalSecret/i,
    says: 'its target Secret belongs to another ExternalSecret',
    likely: 'two ExternalSecrets write the same Secret',
  },
  {
    sign: /apply template|execute template/i,
    says: 'its template failed',
    likely: 'the template does not fit the new value',
  },
  {
    sign: /decoding strategy|illegal base64/i,
    says: 'the value could not be decoded',
    likely: 'its decodingStrategy does not fit the new value',
  },
  {
    sign: /invalid secret keys/i,
    says: 'a property has a name that a Secret can not have',
  },
  {
    sign: /connection refused|no such host|i\/o timeout|deadline exceeded|connection reset|EOF\b/i,
    says: 'Vault could not be reached',
    byVault: true,
    likely: 'Vault is down or the network between it and External Secrets is; see /vault status',
  },
  {
    sign: /Code: 5\d\d/,
    says: 'Vault answered with an error',
    byVault: true,
    likely: 'Vault is in trouble; see /vault status',
  },
  {
    sign: /object has been modified|Operation cannot be fulfilled/i,
    says: 'somebody else changed the Secret at the same moment',
  },
];

/** What a failure's text says, where it is a known one. */
export function explainFailure(text: string): Explained | undefined {
  const found = known.find(({ sign }) => sign.test(text));
  if (found === undefined) return undefined;
  const { sign: _, ...explained } = found;
  return explained;
}
