// Builds age and age-keygen as programs of this module's dependency; there is no source here.
module chatelaine.dev/servers/age

go 1.25

require filippo.io/age v1.3.1
