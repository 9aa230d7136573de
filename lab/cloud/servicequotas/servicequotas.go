// Package servicequotas models the reading of quotas that Service Quotas keeps for an account in a region.
//
// It raises none and counts no usage: whoever needs a quota counts by itself.
package servicequotas

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Service is Service Quotas in all regions.
type Service struct {
	cloud  *cloud.Cloud
	quotas map[[3]string]float64 // by region, service and code
}

// New models Service Quotas without any quota.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, quotas: map[[3]string]float64{}}
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html
	cloud.Register(c, "Service Quotas.GetServiceQuota", cloud.Spec[servicequotas.GetServiceQuotaInput]{
		Actions: func(*cloud.Call, *servicequotas.GetServiceQuotaInput) []grant.Action {
			return []grant.Action{{Name: "servicequotas:GetServiceQuota", Resource: "*"}} // knows no resources
		},
	}, s.get)
	return s
}

// Set gives a region a quota.
func (s *Service) Set(region, service, code string, value float64) {
	s.quotas[[3]string{region, service, code}] = value
}

func (s *Service) get(call *cloud.Call, in *servicequotas.GetServiceQuotaInput) (*servicequotas.GetServiceQuotaOutput, error) {
	service, code := aws.ToString(in.ServiceCode), aws.ToString(in.QuotaCode)
	value, known := s.quotas[[3]string{call.Region, service, code}]
	if !known {
		return nil, &types.NoSuchResourceException{Message: aws.String(fmt.Sprintf("The request failed because the specified service or quota does not exist: %s %s", service, code))}
	}
	return &servicequotas.GetServiceQuotaOutput{Quota: &types.ServiceQuota{
		ServiceCode: aws.String(service), QuotaCode: aws.String(code), Value: aws.Float64(value), Adjustable: true,
		QuotaArn: aws.String(s.cloud.ARN("servicequotas", call.Region, service+"/"+code)),
	}}, nil
}
