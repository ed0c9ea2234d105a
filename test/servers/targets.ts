/** A program that one of the consumer modules builds. */
export interface Program {
  readonly name: string;
  /** The main package, as `go build` takes it. */
  readonly package: string;
  /** Names a program to use instead of building one. */
  readonly variable: string;
  /** How an installed program says its version; without it one on the PATH is never taken. */
  readonly says?: { readonly args: readonly string[]; readonly version: RegExp };
}

/** A real server, built from its published Go module. The folder of the same name holds its go.mod. */
export interface Target {
  readonly name: string;
  readonly version: string;
  /**
   * The module whose go.sum vouches for everything that it needs. Its own sum is pinned here, so that a
   * changed module can't bring changed sums along.
   */
  readonly module: { readonly path: string; readonly version: string; readonly sum: string };
  readonly ldflags: string;
  readonly programs: readonly Program[];
  /** Files of the module that are needed when it runs, such as its CRDs. */
  readonly files: readonly { readonly from: string; readonly to: string }[];
  /** Minutes on two cores from nothing, told to whoever waits. */
  readonly minutes: number;
}

const strip = '-s -w';

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
    minutes: 5,
  },
];
