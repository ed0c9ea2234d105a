# A part of the server's configuration, to be added to what Vault's chart writes: the audit log.
# OpenBao 2.4 takes audit devices from here only; HashiCorp Vault by `vault audit enable file file_path=stdout`.
# Values are keyed hashes in it; who asked is in the request headers that setup.sh has it record.
audit "file" "stdout" {
  options = {
    file_path = "stdout"
  }
}
