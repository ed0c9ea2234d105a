// Builds Flux's kustomize-controller as a program of this module's dependencies; there is no source here.
// A dependency's replacements don't reach the module that uses it, so they are repeated.
module chatelaine.dev/servers/flux

go 1.26

require github.com/fluxcd/kustomize-controller v1.9.6

replace (
	github.com/opencontainers/go-digest => github.com/opencontainers/go-digest v1.0.1-0.20220411205349-bde1400a84be
	gopkg.in/yaml.v3 => gopkg.in/yaml.v3 v3.0.1
	sigs.k8s.io/kustomize/api => sigs.k8s.io/kustomize/api v0.21.1
	sigs.k8s.io/kustomize/kyaml => sigs.k8s.io/kustomize/kyaml v0.21.1
)
