// Builds OpenBao as a program of this module's dependencies; there is no source here.
// The two replaced modules are published with the release, the main module names them by a local folder.
module chatelaine.dev/servers/openbao

go 1.25

require github.com/openbao/openbao v0.0.0-20250828202315-f9407a27fbee

replace (
	github.com/openbao/openbao/api/v2 => github.com/openbao/openbao/api/v2 v2.4.0
	github.com/openbao/openbao/sdk/v2 => github.com/openbao/openbao/sdk/v2 v2.4.0
)
