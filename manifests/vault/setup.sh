#!/bin/sh
# Sets up Vault or OpenBao for Chatelaine and External Secrets. Run it once, as a person who may do so, with
# BAO_ADDR (or VAULT_ADDR) and a token in place. Safe to run again. For HashiCorp Vault: BAO=vault ./setup.sh
#
# Where Vault does not run in the cluster, say how it reaches it:
#   KUBERNETES_HOST   the API server, https://…
#   KUBERNETES_CA     a file with its certificate
#   REVIEWER_JWT      a token of the ServiceAccount that token-reviewer.yaml names
set -eu
cd "$(dirname "$0")"
bao=${BAO:-bao}

# One mount for all. cas_required refuses every write that doesn't say which version it replaces. Versions
# past max_versions are gone for good, so the bot's limit of rotations a path has to stay well below it.
"$bao" secrets list -format=json | grep -q '"kv/"' || "$bao" secrets enable -path=kv -version=2 kv
"$bao" write kv/config cas_required=true max_versions=20

"$bao" policy write chatelaine chatelaine.hcl
"$bao" policy write external-secrets external-secrets.hcl
"$bao" policy write vault-snapshots vault-snapshots.hcl

"$bao" auth list -format=json | grep -q '"kubernetes/"' || "$bao" auth enable kubernetes
if [ -n "${REVIEWER_JWT:-}" ]; then
  "$bao" write auth/kubernetes/config kubernetes_host="$KUBERNETES_HOST" kubernetes_ca_cert=@"$KUBERNETES_CA" \
    token_reviewer_jwt="$REVIEWER_JWT" disable_local_ca_jwt=true
else
  "$bao" write auth/kubernetes/config kubernetes_host="${KUBERNETES_HOST:-https://kubernetes.default.svc}"
fi

# One role for this ServiceAccount. A second, stronger one bound to it could be logged in to with the same
# token at any time: a stronger right needs another ServiceAccount. The audience keeps a token that was made
# for something else, and leaked there, from being used here.
"$bao" write auth/kubernetes/role/chatelaine \
  bound_service_account_names=chatelaine bound_service_account_namespaces=chatelaine audience=vault \
  token_policies=chatelaine token_no_default_policy=true token_ttl=15m token_max_ttl=8h
"$bao" write auth/kubernetes/role/external-secrets \
  bound_service_account_names=external-secrets bound_service_account_namespaces=external-secrets audience=vault \
  token_policies=external-secrets token_ttl=15m token_max_ttl=8h
# Good for one snapshot: it can't be renewed, and leaves nothing behind in Vault.
"$bao" write auth/kubernetes/role/vault-snapshots \
  bound_service_account_names=vault-snapshots bound_service_account_namespaces=vault-snapshots audience=vault \
  token_policies=vault-snapshots token_no_default_policy=true token_type=batch token_ttl=20m

# Who asked and for which request, in clear in the audit log. They are names and ids, never values.
"$bao" write sys/config/auditing/request-headers/X-Chatelaine-Actor hmac=false
"$bao" write sys/config/auditing/request-headers/X-Chatelaine-Request hmac=false
