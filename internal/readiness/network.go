package readiness

func networkRules() []rule {
	return []rule{
		{
			name: "subnets-open", blocks: true,
			why:    "A fence that was never released closes the database subnets to the services of this region.",
			next:   "release the fence of this region, after its database was rebuilt as a replica",
			forced: "the promoted database cannot be reached, and the validation before the DNS switch fails",
		},
	}
}
