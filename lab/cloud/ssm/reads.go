package ssm

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerReads() {
	cloud.Register(s.cloud, "SSM.GetParameter", cloud.Spec[ssm.GetParameterInput]{
		Actions: func(call *cloud.Call, in *ssm.GetParameterInput) []grant.Action {
			return append(s.actions(call, "GetParameter", *in.Name), s.decrypting(call, in.WithDecryption, *in.Name)...)
		},
	}, s.getParameter)
	cloud.Register(s.cloud, "SSM.GetParameters", cloud.Spec[ssm.GetParametersInput]{
		Actions: func(call *cloud.Call, in *ssm.GetParametersInput) []grant.Action {
			return append(s.actions(call, "GetParameters", in.Names...), s.decrypting(call, in.WithDecryption, in.Names...)...)
		},
	}, s.getParameters)
	cloud.Register(s.cloud, "SSM.GetParametersByPath", cloud.Spec[ssm.GetParametersByPathInput]{
		// Checked on the path; whoever may read a path may read all below it.
		// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
		Actions: func(call *cloud.Call, in *ssm.GetParametersByPathInput) []grant.Action {
			return append(s.actions(call, "GetParametersByPath", *in.Path), s.decrypting(call, in.WithDecryption, s.below(call.Region, in)...)...)
		},
	}, s.getByPath)
	cloud.Register(s.cloud, "SSM.GetParameterHistory", cloud.Spec[ssm.GetParameterHistoryInput]{
		Actions: func(call *cloud.Call, in *ssm.GetParameterHistoryInput) []grant.Action {
			return append(s.actions(call, "GetParameterHistory", *in.Name), s.decrypting(call, in.WithDecryption, *in.Name)...)
		},
	}, s.history)
}

// decrypting is kms:Decrypt on the key of each secure string that is read in the clear.
func (s *Service) decrypting(call *cloud.Call, decrypt *bool, names ...string) []grant.Action {
	var out []grant.Action
	if !aws.ToBool(decrypt) {
		return nil
	}
	for _, name := range names {
		if p := s.parameters[[2]string{call.Region, plain(name)}]; p != nil && p.latest().kind == types.ParameterTypeSecureString {
			out = append(out, s.keys.Actions(call.Region, "kms:Decrypt", p.latest().key)...)
		}
	}
	return out
}

// revision is the version that name or name:3 means.
func (s *Service) revision(call *cloud.Call, name string) (*parameter, revision, error) {
	p, err := s.find(call, name)
	if err != nil {
		return nil, revision{}, err
	}
	at := strings.LastIndexByte(name, ':')
	if at < 0 || strings.HasPrefix(name, "arn:") {
		return p, p.latest(), nil
	}
	number, err := strconv.ParseInt(name[at+1:], 10, 64)
	for _, r := range p.versions {
		if err == nil && r.number == number {
			return p, r, nil
		}
	}
	return nil, revision{}, &types.ParameterVersionNotFound{Message: aws.String("Systems Manager could not find version " + name[at+1:] + " of " + p.name)}
}

func (s *Service) getParameter(call *cloud.Call, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	p, r, err := s.revision(call, *in.Name)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(p, r, aws.ToBool(in.WithDecryption))
	if err != nil {
		return nil, err
	}
	return &ssm.GetParameterOutput{Parameter: &shown}, nil
}

func (s *Service) getParameters(call *cloud.Call, in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	if len(in.Names) > 10 {
		return nil, cloud.Error("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10")
	}
	out := &ssm.GetParametersOutput{}
	for _, name := range in.Names {
		p, r, err := s.revision(call, name)
		if err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name) // not an error of the call
			continue
		}
		shown, err := s.shown(p, r, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, shown)
	}
	return out, nil
}

// below are the names under the path of a request.
func (s *Service) below(region string, in *ssm.GetParametersByPathInput) []string {
	prefix := strings.TrimSuffix(*in.Path, "/") + "/"
	var names []string
	for _, name := range s.Names(region) {
		rest, under := strings.CutPrefix(name, prefix)
		if under && (aws.ToBool(in.Recursive) || !strings.Contains(rest, "/")) {
			names = append(names, name)
		}
	}
	return names
}

func (s *Service) getByPath(call *cloud.Call, in *ssm.GetParametersByPathInput) (*ssm.GetParametersByPathOutput, error) {
	if !strings.HasPrefix(*in.Path, "/") {
		return nil, cloud.Error("ValidationException", "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".")
	}
	if len(in.ParameterFilters) > 0 {
		return nil, cloud.Error("ValidationException", "the lab lists parameters by path without filters")
	}
	most := 10
	if in.MaxResults != nil {
		if most = int(*in.MaxResults); most < 1 || most > 10 {
			return nil, cloud.Error("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 10", most)
		}
	}
	out := &ssm.GetParametersByPathOutput{}
	for _, name := range s.below(call.Region, in) {
		if name <= aws.ToString(in.NextToken) {
			continue
		}
		if len(out.Parameters) == most {
			out.NextToken = out.Parameters[most-1].Name // opaque in AWS
			break
		}
		p := s.parameters[[2]string{call.Region, name}]
		shown, err := s.shown(p, p.latest(), aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, shown)
	}
	return out, nil // a path with nothing below it is no error
}

func (s *Service) history(call *cloud.Call, in *ssm.GetParameterHistoryInput) (*ssm.GetParameterHistoryOutput, error) {
	p, err := s.find(call, *in.Name)
	if err != nil {
		return nil, err
	}
	most, after := 50, int64(0)
	if in.MaxResults != nil {
		most = int(*in.MaxResults)
	}
	if in.NextToken != nil {
		if after, err = strconv.ParseInt(*in.NextToken, 10, 64); err != nil {
			return nil, &types.InvalidNextToken{Message: aws.String("The specified token isn't valid.")}
		}
	}
	out := &ssm.GetParameterHistoryOutput{}
	for _, r := range p.versions {
		if r.number <= after {
			continue
		}
		if len(out.Parameters) == most {
			out.NextToken = aws.String(strconv.FormatInt(out.Parameters[most-1].Version, 10))
			break
		}
		shown, err := s.shown(p, r, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, types.ParameterHistory{
			Name: shown.Name, Type: r.kind, Value: shown.Value, Version: r.number, LastModifiedDate: aws.Time(r.at), LastModifiedUser: aws.String(r.by), Tier: r.tier,
		})
	}
	return out, nil
}
