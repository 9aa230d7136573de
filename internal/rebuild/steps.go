package rebuild

// Where the ranges come from.
const guessed = "a guess of the lab: AWS publishes none"

// east names the control planes that exist in us-east-1 alone.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
const (
	eastIAM     = "IAM: the stacks make and change roles"
	eastRoute53 = "Route 53: the stack of the load balancer writes the region's own name; the public name moves on the data plane"
	eastS3      = "S3: making the data bucket, which is kept when it exists"
)

// Steps are the steps of a restore of the whole system in their order. Approval is not in them: it takes as long as a
// person takes. The ranges are those that the lab draws from; a test holds the two together.
func Steps(storageGiB int) []Step {
	return []Step{
		{Name: "deploy the infrastructure from the archive", Begins: "DeployInfrastructure", Ends: "JudgeNetwork", LowSeconds: 10*60 + 30, HighSeconds: 21*60 + 30, Source: guessed, NeedsEast: eastIAM + "; " + eastRoute53 + "; " + eastS3},
		{Name: "restore the database from its snapshot", Begins: "RestoreDatabase", Ends: "DatabaseRestored", LowSeconds: 8*60 + storageGiB + 60, HighSeconds: 20*60 + 2*storageGiB + 4*60, Parallel: true, Source: guessed},
		{Name: "restore the application data", Begins: "RestoreData", Ends: "DataRestored", LowSeconds: 1, HighSeconds: 3600, Parallel: true, Source: guessed},
		{Name: "restore the configuration", Begins: "RestoreConfiguration", Ends: "ConfigurationRestored", LowSeconds: 1, HighSeconds: 60, Parallel: true, Source: guessed},
		{Name: "deploy the services at their recorded digests, by tier", Begins: "StartServices", Ends: "ValidateRegion", LowSeconds: 60, HighSeconds: 4 * 60, Source: guessed},
		{Name: "validate, and send clients here", Begins: "ValidateRegion", Ends: "DeployStandard", LowSeconds: 1, HighSeconds: 5 * 60, Source: guessed},
	}
}

// ControlPlanes are what of the steps needs us-east-1.
func ControlPlanes(steps []Step) []string {
	var list []string
	for _, s := range steps {
		if s.NeedsEast != "" {
			list = append(list, s.Name+": "+s.NeedsEast)
		}
	}
	return list
}
