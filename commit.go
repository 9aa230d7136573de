package main

import (
	"fmt"
	"io"
	"regexp"

	git "github.com/go-git/go-git/v5"
)

// unknownCommit is what a stack says that was deployed from no repository: its backup says so and fails.
const unknownCommit = "unknown"

// commitGiven is the commit that -c commit= names, "" without it: what is deployed from an archive is in no repository, and a
// restore of the whole system knows which commit the archive is of.
func commitGiven(given map[string]any) (string, error) {
	commit, _ := given["commit"].(string)
	if commit != "" && !fullHash.MatchString(commit) {
		return "", fmt.Errorf("-c commit=%s is no commit: write its full hash of 40 hexadecimal digits", commit)
	}
	return commit, nil
}

var fullHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// commitOf is the full hash of what the directory has checked out. With changes on top of it, it is no commit that anybody else
// has, and is marked: the backup of the infrastructure could not archive what was deployed.
func commitOf(root string, warnings io.Writer) string {
	commit, err := checkedOut(root)
	if err != nil {
		_, _ = fmt.Fprintf(warnings, "the stacks will not say which commit they are of: %v\n", err)
		return unknownCommit
	}
	return commit
}

func checkedOut(root string) (string, error) {
	repository, err := git.PlainOpenWithOptions(root, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return "", fmt.Errorf("open the repository of %s: %w", root, err)
	}
	head, err := repository.Head()
	if err != nil {
		return "", fmt.Errorf("find what %s has checked out: %w", root, err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		return "", err
	}
	status, err := tree.StatusWithOptions(git.StatusOptions{Strategy: git.Empty})
	if err != nil {
		return "", fmt.Errorf("compare %s with its commit: %w", root, err)
	}
	for _, file := range status {
		if file.Worktree != git.Untracked && file.Worktree != git.Unmodified || file.Staging != git.Untracked && file.Staging != git.Unmodified {
			return head.Hash().String() + "-modified", nil
		}
	}
	return head.Hash().String(), nil
}
