package world

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- manifests carry it; nothing is protected by it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/sources"
)

// ForgeInfrastructure lays down a recovery point of the infrastructure in the primary's bucket, from where it is replicated,
// that is whole and passed its verification, and whose archive has other files than the commit that it names.
func (w *World) ForgeInfrastructure() {
	e, taken := w.Env, w.Sim.Now().UTC().Truncate(time.Second)
	bucket := e.BucketIn(e.Regions.Primary, e.Buckets.Backups)
	prefix := manifest.Day(taken) + retention.Infrastructure + "/"
	archive, commit := forged(infrastructure.Folder(taken))
	sum := sha256.Sum256(archive)
	d := infrastructure.Deployment{
		Commit: commit, Repository: e.Sources, Archive: infrastructure.ArchiveName(taken),
		ArchiveSHA256: hex.EncodeToString(sum[:]), TakenAt: taken.Format(time.RFC3339),
	}
	for _, region := range w.Cloud.Regions() {
		for _, s := range e.Services {
			name := e.Service(region, s.Name)
			digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(e.Repository(s.Name)+" release 1")))
			d.Services = append(d.Services, infrastructure.Service{
				Service: name, Region: region, TaskDefinition: name + ":1", Definition: json.RawMessage("{}"),
				Images: []infrastructure.Image{{Container: s.Name, Image: w.ECR.Image(region, e.Repository(s.Name), digest)}},
			})
		}
	}
	document, err := infrastructure.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("lab: write a deployment: %v", err))
	}
	bodies := map[string][]byte{prefix + d.Archive: archive, prefix + infrastructure.File: document}
	var text bytes.Buffer
	list, err := manifest.NewWriter(&text, manifest.Header{Environment: e.Name, Kind: retention.Infrastructure, Prefix: prefix, Taken: taken, Full: true})
	if err != nil {
		panic(fmt.Sprintf("lab: write a manifest: %v", err))
	}
	keys := []string{prefix + d.Archive, prefix + infrastructure.File}
	slices.SortFunc(keys, strings.Compare)
	for _, key := range keys {
		sha, sum := sha256.Sum256(bodies[key]), md5.Sum(bodies[key]) // #nosec G401 -- as above
		o := manifest.Object{
			Key: key, VersionID: w.S3.Put(bucket, key, bodies[key]), Size: int64(len(bodies[key])), SHA256: hex.EncodeToString(sha[:]), MD5: hex.EncodeToString(sum[:]), Modified: taken,
		}
		if err := list.Add(o); err != nil {
			panic(fmt.Sprintf("lab: write a manifest: %v", err))
		}
	}
	if _, err := list.Seal(); err != nil {
		panic(fmt.Sprintf("lab: seal a manifest: %v", err))
	}
	key := manifest.KeyOf(retention.Infrastructure, taken)
	w.S3.Put(bucket, key, text.Bytes())
	w.S3.Put(bucket, catalog.ProofKey(key, retention.Content, true), []byte("{}"))
}

// forged is an archive of what was deployed, with one file more than its commit has.
func forged(folder string) (archive []byte, commit string) {
	deployed := release()
	more := release()
	more["stacks/backdoor.go"] = "package stacks\n"
	var out bytes.Buffer
	if err := sources.Write(more, sources.Object(deployed), folder, &out); err != nil {
		panic(fmt.Sprintf("lab: pack an archive: %v", err)) // into memory
	}
	return out.Bytes(), sources.Hash(deployed)
}
