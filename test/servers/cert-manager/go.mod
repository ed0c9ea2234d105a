// Builds cert-manager's controller as a program of this module's dependencies; there is no source here.
// 1.11 is the last whose controller is a package of the main module.
module chatelaine.dev/servers/cert-manager

go 1.25

require github.com/cert-manager/cert-manager v1.11.5

replace github.com/miekg/dns v1.1.41 => github.com/miekg/dns v1.1.34
