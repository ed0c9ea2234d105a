// Builds Gitea as a program of this module's dependencies; there is no source here.
// A dependency's replacements don't reach the module that uses it, so they are repeated.
module chatelaine.dev/servers/gitea

go 1.25

require code.gitea.io/gitea v1.24.6

replace (
	git.sr.ht/~mariusor/go-xsd-duration => gitea.com/gitea/go-xsd-duration v0.0.0-20220703122237-02e73435a078
	github.com/charmbracelet/git-lfs-transfer => gitea.com/gitea/git-lfs-transfer v0.2.0
	github.com/hashicorp/go-version => github.com/6543/go-version v1.3.1
	github.com/mholt/archiver/v3 => github.com/anchore/archiver/v3 v3.5.2
	github.com/nektos/act => gitea.com/gitea/act v0.261.4
	github.com/shurcooL/vfsgen => github.com/lunny/vfsgen v0.0.0-20220105142115-2c99e1ffdfa0
)
