# What the bot may do in Vault. It can neither read a secret nor replace a whole one.
# Narrow the paths to those that it shall look after: it can make a wrong new version of any property below.

# `create` writes a path that does not exist yet; `patch` changes single properties of one that does, without
# its siblings being read. There is no `read`, no `update` (a POST over an existing secret) and no `delete`.
path "kv/data/*" {
  capabilities = ["create", "patch"]
}

# Versions and the facts about a secret that are not secret: its owner, whether it can be rotated, who wrote
# which version. Only custom_metadata may change: with max_versions it could throw old versions away. No
# `create`: metadata without a version would need `update` on the data for its first value.
path "kv/metadata/*" {
  capabilities       = ["read", "list", "patch"]
  allowed_parameters = { "custom_metadata" = [] }
}

# The names of a secret's properties, without their values.
path "kv/subkeys/*" {
  capabilities = ["read"]
}

# Takes back what a proposal wrote that was closed, or a secret whose removal was approved: the version is no longer
# read, and a person with `kv/undelete` brings it back. There is no undelete and no destroy here: nothing is lost by it.
path "kv/delete/*" {
  capabilities = ["update"]
}

# What this very policy gives on a path, for `/vault doctor`: it says what is too little and what is too much. It
# tells of the bot's own token alone, and of no secret.
path "sys/capabilities-self" {
  capabilities = ["update"]
}

# Which Raft peers there are, which of them have a vote, and how far they lag: names and numbers. Without it `/vault
# status` says that they can't be seen.
path "sys/storage/raft/autopilot/state" {
  capabilities = ["read"]
}

# Its own token, and nobody else's. The role leaves out the `default` policy, which gives more.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
