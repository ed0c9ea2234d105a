# What the CronJob that takes snapshots may do in Vault: take one. A snapshot holds every secret as ciphertext, and
# can be opened with the shares only. It can't bring one back: that takes `update`, which a person has.
path "sys/storage/raft/snapshot" {
  capabilities = ["read"]
}
