// Package parameters is the configuration in Parameter Store as a document: the whole tree with types and versions, and
// secrets sealed under a data key each.
//
// It refuses to write a secret in the clear: a SecureString is in the document as a ciphertext only, which opens with the
// multi-region key, in either region, and only for the name and version that it was sealed for. Parameter Store's own
// ciphertext would be of no use: it cannot be put back.
package parameters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Format is the version of the document's layout.
const Format = 1

// File is the document's name in a recovery point.
const File = "parameters.json"

// Parameter is one parameter as it was read. Value is in memory only: it is never written for a secret.
type Parameter struct {
	Name     string
	Type     types.ParameterType
	Version  int64
	Value    string
	Modified time.Time // UTC
	DataType string
}

// Secret tells whether the value must not be seen.
func (p Parameter) Secret() bool { return p.Type == types.ParameterTypeSecureString }

// Document is the tree as it is stored: JSON, in the order of names.
type Document struct {
	Format     int      `json:"format"`
	Region     string   `json:"region"` // where it was read
	Path       string   `json:"path"`
	Read       string   `json:"read"`   // RFC 3339, UTC
	Moving     []string `json:"moving"` // names that changed while the tree was read: of them the newest version is here
	Parameters []Entry  `json:"parameters"`
}

// Entry is one parameter of a document.
type Entry struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"` // String, StringList or SecureString
	Version  int64     `json:"version"`
	Modified time.Time `json:"modified"`
	DataType string    `json:"dataType"`
	Value    *string   `json:"value,omitempty"`  // nil for a secret
	Sealed   *Sealed   `json:"sealed,omitempty"` // of a secret
}

// passes is how often a tree that changes is read before it is taken as it comes.
const passes = 3

// Read reads the whole tree below a path, in the order of names. A tree takes several calls to read, so it is read again
// until nothing changed meanwhile; moving are the names that still did.
func Read(ctx context.Context, client *ssm.Client, path string) (tree []Parameter, moving []string, err error) {
	if tree, err = read(ctx, client, path); err != nil {
		return nil, nil, err
	}
	for range passes {
		again, err := read(ctx, client, path)
		if err != nil {
			return nil, nil, err
		}
		moving, tree = differences(tree, again), again
		if len(moving) == 0 {
			break
		}
	}
	return tree, moving, nil
}

func read(ctx context.Context, client *ssm.Client, path string) ([]Parameter, error) {
	var tree []Parameter
	in := &ssm.GetParametersByPathInput{Path: aws.String(path), Recursive: aws.Bool(true), WithDecryption: aws.Bool(true)}
	for {
		out, err := client.GetParametersByPath(ctx, in)
		if failure.Code(err) == "InvalidKeyId" {
			return nil, failure.New(failure.KeyMissing, "read the parameters below "+path, "%w", err).Next("enable the key of the secure strings")
		}
		if err != nil {
			return nil, failure.FromAWS(err, "read the parameters below %s", path)
		}
		for _, p := range out.Parameters {
			tree = append(tree, Parameter{
				Name: aws.ToString(p.Name), Type: p.Type, Version: p.Version, Value: aws.ToString(p.Value), Modified: aws.ToTime(p.LastModifiedDate).UTC(), DataType: aws.ToString(p.DataType),
			})
		}
		if out.NextToken == nil {
			break
		}
		in.NextToken = out.NextToken
	}
	// A parameter that is created meanwhile can move the pages, so that one comes twice.
	slices.SortStableFunc(tree, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(tree, func(a, b Parameter) bool { return a.Name == b.Name }), nil
}

// Names are the names below a path, in their order. No value is decrypted for it.
func Names(ctx context.Context, client *ssm.Client, path string) ([]string, error) {
	var names []string
	in := &ssm.GetParametersByPathInput{Path: aws.String(path), Recursive: aws.Bool(true)}
	for {
		out, err := client.GetParametersByPath(ctx, in)
		if err != nil {
			return nil, failure.FromAWS(err, "list the parameters below %s", path)
		}
		for _, p := range out.Parameters {
			names = append(names, aws.ToString(p.Name))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			slices.Sort(names)
			return slices.Compact(names), nil
		}
	}
}

// differences are the names that one of two readings does not have, or in another version.
func differences(a, b []Parameter) []string {
	versions := map[string]int64{}
	for _, p := range a {
		versions[p.Name] = p.Version
	}
	var names []string
	for _, p := range b {
		if version, known := versions[p.Name]; !known || version != p.Version {
			names = append(names, p.Name)
		}
		delete(versions, p.Name)
	}
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Marshal writes a document.
func Marshal(d Document) ([]byte, error) {
	d.Format = Format
	if d.Moving == nil {
		d.Moving = []string{}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the parameters below %s: %w", d.Path, err)
	}
	return append(text, '\n'), nil
}

// Unmarshal reads a document.
func Unmarshal(text []byte) (Document, error) {
	var d Document
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("read a document of parameters: %w", err)
	}
	if d.Format != Format {
		return d, fmt.Errorf("read a document of parameters: format %d is not %d", d.Format, Format)
	}
	return d, nil
}
