/** Reading from the provider went wrong; the message is what External Secrets puts into its Event. */
export class ProviderError extends Error {
  /** The secret isn't there at all: deletionPolicy decides what that means. */
  readonly absent: boolean;

  constructor(message: string, absent = false) {
    super(message);
    this.name = 'ProviderError';
    this.absent = absent;
  }
}

/** As the Vault client prints what Vault answered. */
export function vaultRefusal(request: string, code: number, errors: string): string {
  return `Error making API request.\n\nURL: ${request}\nCode: ${code}. Errors:\n\n${errors}`;
}

/** What logging in says while Vault is sealed. */
export function sealedRefusal(server: string): string {
  const request = `PUT ${server}/v1/auth/kubernetes/login`;
  return `unable to log in to auth method: unable to log in with Kubernetes auth: ${vaultRefusal(request, 503, '* Vault is sealed')}`;
}
