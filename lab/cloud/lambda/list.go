package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Functions are the ARNs of all functions, in all regions.
func (s *Service) Functions() []string { return slices.Sorted(maps.Keys(s.functions)) }

// Remove deletes a function of a region.
func (s *Service) Remove(region, name string) { delete(s.functions, s.ARN(region, name)) }

// SetCode makes a function of a region another build than it is; what it does stays.
func (s *Service) SetCode(region, name, build string) { s.functions[s.ARN(region, name)].build = build }

// Role is the role that a function of a region runs as.
func (s *Service) Role(region, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s-%s", s.cloud.Account, name, region)
}

// Roles are the roles of all functions, in all regions.
func (s *Service) Roles() (arns []string) {
	for _, arn := range s.Functions() {
		f := s.functions[arn]
		arns = append(arns, s.Role(f.region, f.Name))
	}
	return arns
}

// register models the listing, which knows no resources:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
func (s *Service) register() {
	cloud.Register(s.cloud, "Lambda.ListFunctions", cloud.Spec[lambda.ListFunctionsInput]{
		Actions: func(*cloud.Call, *lambda.ListFunctionsInput) []grant.Action {
			return []grant.Action{{Name: "lambda:ListFunctions", Resource: "*"}}
		},
	}, s.listFunctions)
}

// page is how many functions a page of the listing has at most.
// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
const page = 50

func (s *Service) listFunctions(call *cloud.Call, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
	out := &lambda.ListFunctionsOutput{}
	for _, arn := range s.Functions() {
		f := s.functions[arn]
		if f.region != call.Region || arn <= aws.ToString(in.Marker) {
			continue
		}
		if len(out.Functions) == page {
			out.NextMarker = out.Functions[page-1].FunctionArn
			break
		}
		code := sha256.Sum256([]byte(strings.TrimSpace(f.Name + " " + f.build)))
		out.Functions = append(out.Functions, types.FunctionConfiguration{
			FunctionName: aws.String(f.Name), FunctionArn: aws.String(arn), CodeSha256: aws.String(base64.StdEncoding.EncodeToString(code[:])),
			Timeout: aws.Int32(int32(f.Timeout.Seconds())), Role: aws.String(s.Role(f.region, f.Name)),
		})
	}
	return out, nil
}
