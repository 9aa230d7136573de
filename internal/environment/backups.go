package environment

import "fmt"

// LogGroups are the log groups of a region's services, in the order of the services.
func (e *Environment) LogGroups(region string) []string {
	groups := make([]string, 0, len(e.Services))
	for _, s := range e.Services {
		if existing, is := e.Existing(region).Cluster.service(s.Name); is {
			groups = append(groups, existing.LogGroup)
			continue
		}
		groups = append(groups, e.LogGroup(region)+"/"+s.Name)
	}
	return groups
}

// ParameterARN is the pattern of the parameters of a region: the tree and everything below it.
func (e *Environment) ParameterARN(region string) string {
	return fmt.Sprintf("arn:aws:ssm:%s:%s:parameter%s", region, e.Account, e.Parameters)
}

// ExecutionARN is the pattern of the executions of a state machine in a region.
func (e *Environment) ExecutionARN(region, machine string) string {
	return fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:*", region, e.Account, e.MachineName(machine))
}
