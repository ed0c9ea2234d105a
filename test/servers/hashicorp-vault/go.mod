// Builds HashiCorp Vault as a program of this module's dependencies; there is no source here. It is under the
// BUSL, which allows tests; nothing of it is ever shipped. 1.19 is the last whose sdk is published.
module chatelaine.dev/servers/hashicorp-vault

go 1.25

require github.com/hashicorp/vault v1.19.0

replace (
	github.com/99designs/keyring => github.com/Jeffail/keyring v1.2.3
	github.com/ma314smith/signedxml v1.1.1 => github.com/moov-io/signedxml v1.1.1
)
