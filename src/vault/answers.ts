import { z } from 'zod';

/*
 * What is read of Vault's answers. Anything else in them is dropped here, so that it can reach no log and no card.
 */

const seconds = z.number().nonnegative();

export const Login = z.object({
  auth: z.object({
    client_token: z.string().min(1),
    policies: z.array(z.string()).nullish(),
    lease_duration: seconds,
    renewable: z.boolean(),
  }),
});

/** renew-self: HashiCorp Vault and OpenBao both repeat the whole `auth`. */
export const Renewal = z.object({ auth: z.object({ lease_duration: seconds, renewable: z.boolean() }) });

export const TokenFacts = z.object({
  data: z.object({
    ttl: seconds,
    renewable: z.boolean().catch(false),
    policies: z.array(z.string()).nullish(),
    expire_time: z.string().nullish(),
  }),
});

export const Written = z.object({
  data: z.object({ version: z.int().positive(), created_time: z.string() }),
});

const VersionFacts = z.object({
  created_time: z.string(),
  deletion_time: z.string().catch(''),
  destroyed: z.boolean().catch(false),
});

export const Metadata = z.object({
  data: z.object({
    current_version: z.int().nonnegative(),
    oldest_version: z.int().nonnegative(),
    max_versions: z.int().nonnegative(),
    cas_required: z.boolean(),
    updated_time: z.string(),
    versions: z.record(z.string().regex(/^\d{1,9}$/), VersionFacts),
    custom_metadata: z.record(z.string(), z.string()).nullish(),
  }),
});
export type Metadata = z.infer<typeof Metadata>;

export const Subkeys = z.object({ data: z.object({ subkeys: z.record(z.string(), z.unknown()) }) });

export const Keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });

/** sys/capabilities-self: what the token may, by path. */
export const CapabilitiesSelf = z.object({ data: z.record(z.string(), z.array(z.string())) });

/** A 404 that tells of a version which was deleted or destroyed; one of a path that isn't there has no data. */
export const GoneVersion = z.union([
  z.object({ data: z.object({ metadata: z.object({ version: z.int(), destroyed: z.boolean() }) }) }),
  z.object({ data: z.object({ version: z.int(), destroyed: z.boolean() }) }),
]);

/** The form of Vault's refusals, by which they are told from those of a proxy in between. */
export const Refusal = z.object({ errors: z.array(z.string()) });

export const SealStatus = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  t: z.int().nonnegative(),
  n: z.int().nonnegative(),
  progress: z.int().nonnegative(),
  version: z.string().optional(),
  cluster_name: z.string().optional(),
});

export const Leader = z.object({ ha_enabled: z.boolean(), is_self: z.boolean() });
