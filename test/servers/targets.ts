/** A program that one of the consumer modules builds. */
export interface Program {
  readonly name: string;
  /** The main package, as `go build` takes it. */
  readonly package: string;
  /** Where it is another than that of its target. */
  readonly version?: string;
  /** Names a program to use instead of building one. */
  readonly variable: string;
  /** How an installed program says its version; without it one on the PATH is never taken. */
  readonly says?: { readonly args: readonly string[]; readonly version: RegExp };
}

/** A published module. Its sum is pinned, so that a changed module can't bring changed sums along. */
export interface Module {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
}

/** A real server, built from its published Go module. The folder of the same name holds its go.mod. */
export interface Target {
  readonly name: string;
  readonly version: string;
  /** The module whose go.sum vouches for everything that it needs. */
  readonly module: Module;
  readonly ldflags: string;
  /** Build tags. */
  readonly tags?: string;
  /** It has C in it: without a C compiler it isn't built, and what needs it is skipped with that reason. */
  readonly cgo?: true;
  readonly programs: readonly Program[];
  /** Files and folders that are needed when it runs, such as its CRDs; of the module, where no other is named. */
  readonly files: readonly { readonly from: string; readonly to: string; readonly of?: Module }[];
  /** Names a folder to take these from, for who brings a program of his own. */
  readonly filesVariable?: string;
  /** Minutes on two cores from nothing, told to whoever waits. */
  readonly minutes: number;
}

const strip = '-s -w';

/** Only its CRDs are used: one of the modules that its program needs isn't published. */
const sourceController: Module = {
  path: 'github.com/fluxcd/source-controller',
  version: 'v1.9.6',
  sum: 'h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=',
};

/** What builds first is needed by most tests; the short ones come last and fill the gap beside a long one. */
export const targets: readonly Target[] = [
  {
    name: 'kubernetes',
    version: '1.34.4',
    module: {
      path: 'k8s.io/kubernetes',
      version: 'v1.34.4',
      sum: 'h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk=',
    },
    ldflags: `${strip} -X k8s.io/component-base/version.gitVersion=v1.34.4`,
    programs: [
      {
        name: 'kube-apiserver',
        package: 'k8s.io/kubernetes/cmd/kube-apiserver',
        variable: 'CHATELAINE_TEST_KUBE_APISERVER',
        says: { args: ['--version'], version: /Kubernetes v1\.34\./ },
      },
      {
        name: 'kube-controller-manager',
        package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
        variable: 'CHATELAINE_TEST_KUBE_CONTROLLER_MANAGER',
        says: { args: ['--version'], version: /Kubernetes v1\.34\./ },
      },
      {
        name: 'etcd',
        version: '3.6.4',
        package: 'go.etcd.io/etcd/server/v3',
        variable: 'CHATELAINE_TEST_ETCD',
        says: { args: ['--version'], version: /etcd Version: 3\.[56]\./ },
      },
    ],
    files: [],
    minutes: 5,
  },
  {
    name: 'openbao',
    version: '2.4.0',
    module: {
      path: 'github.com/openbao/openbao',
      version: 'v0.0.0-20250828202315-f9407a27fbee',
      sum: 'h1:TqHCYIwKxup9rYGBlqYdC23EdZ0q5QJCa1KYVyVWyDU=',
    },
    ldflags: `${strip} -X github.com/openbao/openbao/version.fullVersion=2.4.0`,
    programs: [
      {
        name: 'bao',
        package: 'github.com/openbao/openbao',
        variable: 'CHATELAINE_TEST_BAO',
        says: { args: ['version'], version: /OpenBao v2\.4\./ },
      },
    ],
    files: [],
    minutes: 4,
  },
  {
    name: 'external-secrets',
    version: '0.20.4',
    module: {
      path: 'github.com/external-secrets/external-secrets',
      version: 'v0.20.4',
      sum: 'h1:HhNAjWfFEshhItphr28SGsHzf2bUP7uDAOVLg76uNAg=',
    },
    ldflags: strip,
    programs: [
      {
        name: 'external-secrets',
        package: 'github.com/external-secrets/external-secrets',
        variable: 'CHATELAINE_TEST_EXTERNAL_SECRETS',
      },
    ],
    files: [{ from: 'deploy/crds/bundle.yaml', to: 'crds.yaml' }],
    filesVariable: 'CHATELAINE_TEST_EXTERNAL_SECRETS_FILES',
    minutes: 5,
  },
  {
    name: 'hashicorp-vault',
    version: '1.19.0',
    module: {
      path: 'github.com/hashicorp/vault',
      version: 'v1.19.0',
      sum: 'h1:f4rP2nhGGguXl85BL7iWAXfZU41rOh8WTrdDty4Z4xg=',
    },
    ldflags: strip,
    programs: [
      {
        name: 'vault',
        package: 'github.com/hashicorp/vault',
        variable: 'CHATELAINE_TEST_VAULT',
        says: { args: ['version'], version: /Vault v1\.19\./ },
      },
    ],
    files: [],
    minutes: 8,
  },
  {
    name: 'gitea',
    version: '1.24.6',
    module: {
      path: 'code.gitea.io/gitea',
      version: 'v1.24.6',
      sum: 'h1:BrHATK2cfr/hkJc8cc2W/1lWTVhyCxa1NQMHvEVeLWM=',
    },
    ldflags: `${strip} -X main.Version=1.24.6`,
    tags: 'sqlite sqlite_unlock_notify',
    cgo: true,
    programs: [
      {
        name: 'gitea',
        package: 'code.gitea.io/gitea',
        variable: 'CHATELAINE_TEST_GITEA',
        says: { args: ['--version'], version: /version 1\.24\./ },
      },
    ],
    files: ['templates', 'options', 'public'].map((name) => ({ from: name, to: name })),
    filesVariable: 'CHATELAINE_TEST_GITEA_FILES',
    minutes: 5,
  },
  {
    name: 'flux',
    version: '1.9.6',
    module: {
      path: 'github.com/fluxcd/kustomize-controller',
      version: 'v1.9.6',
      sum: 'h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=',
    },
    ldflags: strip,
    programs: [
      {
        name: 'kustomize-controller',
        package: 'github.com/fluxcd/kustomize-controller',
        variable: 'CHATELAINE_TEST_KUSTOMIZE_CONTROLLER',
      },
    ],
    // Of the sources it also watches those that no test uses, and waits for ever where their kind is missing.
    files: [
      { from: 'config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml', to: 'kustomizations.yaml' },
      ...['gitrepositories', 'ocirepositories', 'buckets', 'externalartifacts'].map((kind) => ({
        from: `config/crd/bases/source.toolkit.fluxcd.io_${kind}.yaml`,
        to: `${kind}.yaml`,
        of: sourceController,
      })),
    ],
    filesVariable: 'CHATELAINE_TEST_FLUX_FILES',
    minutes: 5,
  },
  {
    name: 'cert-manager',
    version: '1.11.5',
    module: {
      path: 'github.com/cert-manager/cert-manager',
      version: 'v1.11.5',
      sum: 'h1:K2LurvwIE4hIhODQZnkOW6ljYe3lVMAliS/to+gI05o=',
    },
    ldflags: `${strip} -X github.com/cert-manager/cert-manager/pkg/util.AppVersion=v1.11.5`,
    programs: [
      {
        name: 'cert-manager',
        package: 'github.com/cert-manager/cert-manager/cmd/controller',
        variable: 'CHATELAINE_TEST_CERT_MANAGER',
      },
    ],
    files: ['certificaterequests', 'certificates', 'challenges', 'clusterissuers', 'issuers', 'orders'].map(
      (kind) => ({ from: `deploy/crds/crd-${kind}.yaml`, to: `${kind}.yaml` }),
    ),
    filesVariable: 'CHATELAINE_TEST_CERT_MANAGER_FILES',
    minutes: 2,
  },
  {
    name: 'sops',
    version: '3.11.0',
    module: {
      path: 'github.com/getsops/sops/v3',
      version: 'v3.11.0',
      sum: 'h1:HsJhfZDcLMBZSphnTXIcsS9oR5jJgzSivo0j9zf8KVY=',
    },
    ldflags: strip,
    programs: [
      {
        name: 'sops',
        package: 'github.com/getsops/sops/v3/cmd/sops',
        variable: 'CHATELAINE_TEST_SOPS',
        says: { args: ['--disable-version-check', '--version'], version: /sops 3\.11\./ },
      },
    ],
    files: [],
    minutes: 1,
  },
  {
    name: 'age',
    version: '1.3.1',
    module: {
      path: 'filippo.io/age',
      version: 'v1.3.1',
      sum: 'h1:hbzdQOJkuaMEpRCLSN1/C5DX74RPcNCk6oqhKMXmZi0=',
    },
    ldflags: `${strip} -X main.Version=v1.3.1`,
    programs: [
      {
        name: 'age',
        package: 'filippo.io/age/cmd/age',
        variable: 'CHATELAINE_TEST_AGE',
        says: { args: ['--version'], version: /v1\.3\./ },
      },
      {
        name: 'age-keygen',
        package: 'filippo.io/age/cmd/age-keygen',
        variable: 'CHATELAINE_TEST_AGE_KEYGEN',
        says: { args: ['--version'], version: /v1\.3\./ },
      },
    ],
    files: [],
    minutes: 1,
  },
];
