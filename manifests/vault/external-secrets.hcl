# What External Secrets may do in Vault: read what ExternalSecrets name, and list for `dataFrom.find`.
path "kv/data/*" {
  capabilities = ["read"]
}
path "kv/metadata/*" {
  capabilities = ["read", "list"]
}
