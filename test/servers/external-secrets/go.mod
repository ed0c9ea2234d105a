// Builds the External Secrets Operator as a program of this module's dependencies; there is no source here.
// A dependency's replacements don't reach the module that uses it, so its one is repeated.
module chatelaine.dev/servers/external-secrets

go 1.25

require github.com/external-secrets/external-secrets v0.20.4

replace github.com/Masterminds/sprig/v3 => github.com/external-secrets/sprig/v3 v3.3.0
