package bootstrap

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// configuration is what a function calls AWS with, all of it from the variables that Lambda sets: its region and the
// role's credentials, which last as long as the execution environment does.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
//
// The SDK's config package would find the same, and on the way there link five more service clients for profiles, single
// sign-on and instance roles, which do not exist on Lambda. What it would set beside them is set here too; a test compares.
func configuration(getenv func(string) string) (aws.Config, error) {
	c := aws.Config{
		Region:                      getenv("AWS_REGION"),
		RequestChecksumCalculation:  aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation:  aws.ResponseChecksumValidationWhenSupported,
		RequestMinCompressSizeBytes: 10240,
		DefaultsMode:                aws.DefaultsModeLegacy,
		AccountIDEndpointMode:       aws.AccountIDEndpointModePreferred,
	}
	key, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	if c.Region == "" || key == "" || secret == "" {
		return c, errors.New("AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed; Lambda sets them")
	}
	c.Credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(key, secret, getenv("AWS_SESSION_TOKEN")))
	if endpoint := getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		c.BaseEndpoint = aws.String(endpoint) // an emulator of AWS
	}
	return c, nil
}
