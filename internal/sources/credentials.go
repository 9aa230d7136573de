package sources

import (
	"errors"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
)

// credentials are what a server is given: "user:password", or a token alone under the user that GitHub documents for its own
// tokens; other servers look at the token and take any name.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
func credentials(token string) transport.AuthMethod {
	if token == "" {
		return nil
	}
	user, password, both := strings.Cut(token, ":")
	if !both {
		user, password = "x-access-token", token
	}
	return &http.BasicAuth{Username: user, Password: password}
}

// refused tells a server that wants other credentials. One that says that there is no such repository may mean the same: GitHub
// does not tell strangers which private ones exist.
func refused(err error) bool {
	return errors.Is(err, transport.ErrAuthenticationRequired) || errors.Is(err, transport.ErrAuthorizationFailed) || errors.Is(err, transport.ErrRepositoryNotFound)
}
