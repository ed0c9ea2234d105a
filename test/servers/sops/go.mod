// Builds sops as a program of this module's dependency; there is no source here.
module chatelaine.dev/servers/sops

go 1.25

require github.com/getsops/sops/v3 v3.11.0
