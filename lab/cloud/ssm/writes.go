package ssm

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// The largest values in bytes. https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
const standardValue, advancedValue = 4 * 1024, 8 * 1024

func (s *Service) registerWrites() {
	cloud.Register(s.cloud, "SSM.PutParameter", cloud.Spec[ssm.PutParameterInput]{
		Mutating: true,
		// A standard secure string is encrypted by KMS itself, an advanced one under a data key.
		// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
		Actions: func(call *cloud.Call, in *ssm.PutParameterInput) []grant.Action {
			actions := s.actions(call, "PutParameter", *in.Name)
			if in.Type == types.ParameterTypeSecureString && in.KeyId != nil {
				action := "kms:Encrypt"
				if in.Tier == types.ParameterTierAdvanced {
					action = "kms:GenerateDataKey"
				}
				actions = append(actions, s.keys.Actions(call.Region, action, *in.KeyId)...)
			}
			return actions
		},
	}, s.putParameter())
	cloud.Register(s.cloud, "SSM.DeleteParameter", cloud.Spec[ssm.DeleteParameterInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *ssm.DeleteParameterInput) []grant.Action {
			return s.actions(call, "DeleteParameter", *in.Name)
		},
	}, func(call *cloud.Call, in *ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
		p, err := s.find(call, *in.Name)
		if err != nil {
			return nil, err
		}
		s.remove(p)
		return &ssm.DeleteParameterOutput{}, nil
	})
	cloud.Register(s.cloud, "SSM.DeleteParameters", cloud.Spec[ssm.DeleteParametersInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *ssm.DeleteParametersInput) []grant.Action {
			return s.actions(call, "DeleteParameters", in.Names...)
		},
	}, func(call *cloud.Call, in *ssm.DeleteParametersInput) (*ssm.DeleteParametersOutput, error) {
		out := &ssm.DeleteParametersOutput{}
		for _, name := range in.Names {
			p, err := s.find(call, name)
			if err != nil {
				out.InvalidParameters = append(out.InvalidParameters, name)
				continue
			}
			s.remove(p)
			out.DeletedParameters = append(out.DeletedParameters, name)
		}
		return out, nil
	})
}

func (s *Service) putParameter() func(*cloud.Call, *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	allowed := regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)
	return func(call *cloud.Call, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
		name := *in.Name
		old := s.parameters[[2]string{call.Region, name}]
		r := revision{value: aws.ToString(in.Value), kind: in.Type, key: aws.ToString(in.KeyId), description: aws.ToString(in.Description), tier: in.Tier, by: call.Caller.Name}
		switch {
		case !allowed.MatchString(name) || strings.Contains(name, "//") || len(name) > 1011 || strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
			return nil, cloud.Error("ValidationException", "Parameter name: can't be prefixed with \"aws\" or \"ssm\", must be fully qualified (/a/b) and use only letters, digits and .-_: %s", name)
		case strings.Count(name, "/") > 15:
			return nil, &types.HierarchyLevelLimitExceededException{Message: aws.String("A hierarchy can have a maximum of 15 levels.")}
		case old != nil && !aws.ToBool(in.Overwrite):
			return nil, &types.ParameterAlreadyExists{Message: aws.String("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
		case r.value == "":
			return nil, cloud.Error("ValidationException", "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
		}
		if old != nil && r.kind == "" {
			r.kind, r.key = old.latest().kind, old.latest().key // an overwrite without a type keeps it
		}
		if r.kind == "" {
			return nil, cloud.Error("ValidationException", "A parameter type is required when you create a parameter.")
		}
		if old != nil && old.latest().tier == types.ParameterTierAdvanced || len(r.value) > standardValue && r.tier == types.ParameterTierIntelligentTiering {
			r.tier = types.ParameterTierAdvanced // never goes back
		} else if r.tier != types.ParameterTierAdvanced {
			r.tier = types.ParameterTierStandard
		}
		most := standardValue
		if r.tier == types.ParameterTierAdvanced {
			most = advancedValue
		}
		if len(r.value) > most {
			return nil, cloud.Error("ValidationException", "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.")
		}
		if r.kind == types.ParameterTypeSecureString {
			if r.key == "" {
				return nil, cloud.Error("ValidationException", "the lab has no aws/ssm key: name the KMS key of %s", name)
			}
			if err := s.keys.Usable(call.Region, r.key); err != nil {
				return nil, &types.InvalidKeyId{Message: aws.String(err.Error())}
			}
		}
		return &ssm.PutParameterOutput{Version: s.write(call.Region, name, r), Tier: r.tier}, nil
	}
}

func (s *Service) find(call *cloud.Call, name string) (*parameter, error) {
	if p := s.parameters[[2]string{call.Region, plain(name)}]; p != nil {
		return p, nil
	}
	return nil, &types.ParameterNotFound{Message: aws.String("Parameter " + name + " not found.")}
}
