package environment

import "regexp"

// Shape is what the text of a field must look like for the AWS service that gets it as a name.
type Shape struct {
	Pattern string // a regular expression that Go and JSON Schema read alike
	Longest int    // characters
	Means   string // the shape in words
	Example string
}

// The shapes. Hyphenated names never begin or end with a hyphen or double it: RDS and S3 refuse that.
const hyphenated = `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`

var (
	// 12 + 20 characters leave 31 for the longest function name (Lambda: 64) and more for the rest.
	applicationShape = Shape{hyphenated, 12, "lower-case letters, digits and single hyphens, at most 12 characters", "acso"}
	nameShape        = Shape{hyphenated, 20, "lower-case letters, digits and single hyphens, at most 20 characters", "production"}
	accountShape     = Shape{`^[0-9]{12}$`, 12, "an account number of twelve digits", `"111122223333"`}
	regionShape      = Shape{`^[a-z]{2}(-[a-z]+)+-[0-9]$`, 20, "an AWS region", "us-east-1"}
	hostShape        = Shape{`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`, 200, "a lower-case DNS name without the trailing dot", "acso.company.com"}
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html: at most 32 characters.
	zoneShape = Shape{`^Z[A-Z0-9]{1,31}$`, 32, "a Route 53 hosted zone identifier", "Z0123456789ABCDEFGHIJ"}
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html: ResourcePath, 255 characters.
	pathShape = Shape{`^/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$`, 255, "a path that begins with / and has no query", "/health"}
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints: 63 characters.
	instanceShape = Shape{hyphenated, 63, "an RDS identifier: a letter, then lower-case letters, digits and single hyphens, at most 63 characters", "acso-production-db"}
	databaseShape = Shape{`^[a-z][a-z0-9_]*$`, 63, "a PostgreSQL name: a letter, then lower-case letters, digits and underscores, at most 63 characters", "acso"}
	classShape    = Shape{`^db\.[a-z][a-z0-9-]*\.[a-z0-9]+$`, 40, "an RDS instance class", "db.t3.large"}
	windowShape   = Shape{`^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$`, 11, "a window hh:mm-hh:mm in UTC", "03:00-04:00"}
	keyShape      = Shape{`^(alias/[A-Za-z0-9/_-]+|mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|arn:aws:kms:[a-z0-9-]+:[0-9]{12}:(alias|key)/[A-Za-z0-9/_-]+)$`, 256, "a KMS alias, key identifier or ARN", "alias/acso-production-database"}
	// ECS allows 255; the target group of the service, which has the same name with the prefix, allows 32 of its own.
	serviceShape = Shape{hyphenated, 32, "lower-case letters, digits and single hyphens, at most 32 characters", "supervisor"}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html: 3 to 63; dots break TLS; the region
	// (at most 15 characters and a hyphen) is appended in the recovery region.
	bucketShape = Shape{`^[a-z0-9][a-z0-9-]+[a-z0-9]$`, 47, "a bucket name: 3 to 47 lower-case letters, digits and hyphens (the region is appended to it)", "acso-production-backups"}
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html: at most fifteen levels.
	parametersShape = Shape{`^(/[A-Za-z0-9_.-]+){1,10}$`, 500, "a parameter path that begins with / and does not end with it", "/acso/production"}
	regionalShape   = Shape{`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,9}$`, 500, "the name of a parameter below parameters, without a slash at its ends", "database/endpoint"}
	sourcesShape    = Shape{`^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._-]+)+$`, 255, "an https address of a git repository without user and password", "https://git.company.com/acso/disaster-recovery.git"}
	// They become part of statements: nothing that would have to be quoted.
	tableShape   = Shape{`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$`, 127, "a table's name: lower-case letters, digits and underscores, after a schema and a dot if need be", "case_events"}
	columnShape  = Shape{`^[a-z_][a-z0-9_]*$`, 63, "a column's name: lower-case letters, digits and underscores", "changed_at"}
	keyTypeShape = Shape{`^(text|uuid|bigint|integer)$`, 7, "text, uuid, bigint or integer", "uuid"}
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 hexadecimal digits.
	vpcShape        = identifier("vpc", "a VPC identifier")
	subnetShape     = identifier("subnet", "a subnet identifier")
	routeTableShape = identifier("rtb", "a route table identifier")
	aclShape        = identifier("acl", "a network ACL identifier")
	groupShape      = identifier("sg", "a security group identifier")
	filesShape      = identifier("fs", "an EFS file system identifier")
	rangeShape      = Shape{`^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$`, 18, "a range of IPv4 addresses", "10.20.0.0/16"}
	listenerShape   = Shape{`^arn:aws:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener/app/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+$`, 256, "the ARN of a listener of an Application Load Balancer", "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/acso/50dc6c495c0c9188/f2f7dc8efc522ab2"}
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
	clusterShape = Shape{`^[A-Za-z0-9_-]+$`, 255, "an ECS name: letters, digits, hyphens and underscores", "acso-cluster"}
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: a path, and a name of at most 64 characters.
	roleShape = Shape{`^arn:aws:iam::[0-9]{12}:role(/[A-Za-z0-9+=,.@_-]+)+$`, 600, "the ARN of an IAM role", "arn:aws:iam::111122223333:role/acso-tasks"}
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
	logGroupShape = Shape{`^[A-Za-z0-9._/#-]+$`, 512, "the name of a log group", "/ecs/acso/supervisor"}
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
	repositoryShape = Shape{`^[a-z0-9]+([._/-][a-z0-9]+)*$`, 256, "an ECR repository name", "acso/supervisor"}
	// An existing name takes no suffix, so it may be as long as S3 allows.
	existingBucketShape = Shape{`^[a-z0-9][a-z0-9-]+[a-z0-9]$`, 63, "a bucket name: 3 to 63 lower-case letters, digits and hyphens", "acso-data"}
	// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
	topicShape = Shape{`^[A-Za-z0-9_-]+$`, 256, "an SNS topic name: letters, digits, hyphens and underscores", "acso-production-on-call"}
	emailShape = Shape{`^[A-Za-z0-9._%+-]+@[a-z0-9.-]+$`, 254, "an e-mail address", "on-call@company.com"}
	// The name has a dot, so that nothing inside of the network is meant.
	endpointShape = Shape{`^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$`, 255, "an https address without user, query and fragment", "https://hooks.company.com/incidents"}
)

// identifier is the shape of an identifier that EC2 or EFS made up.
func identifier(kind, means string) Shape {
	return Shape{`^` + kind + `-([0-9a-f]{8}|[0-9a-f]{17})$`, 32, means, kind + "-0123456789abcdef0"}
}

// Shapes gives the shape of each field that has one; [] stands for any index.
func Shapes() map[string]Shape {
	all := map[string]Shape{
		"name": nameShape, "application": applicationShape, "account": accountShape,
		"regions.primary": regionShape, "regions.recovery": regionShape,
		"domain.name": hostShape, "domain.zone": hostShape, "domain.hostedZone": zoneShape, "domain.healthPath": pathShape,
		"database.identifier": instanceShape, "database.replica": instanceShape, "database.name": databaseShape,
		"database.instanceClass": classShape, "database.backupWindow": windowShape,
		"database.keys.primary": keyShape, "database.keys.recovery": keyShape,
		"services[].name": serviceShape,
		"buckets.backups": bucketShape, "buckets.data": bucketShape, "buckets.compliance": bucketShape,
		"database.tables[].name": tableShape, "database.tables[].key": columnShape, "database.tables[].keyType": keyTypeShape, "database.tables[].changed": columnShape,
		"parameters": parametersShape, "regionalParameters[]": regionalShape, "sources": sourcesShape, "sourcesToken": regionalShape,
	}
	for _, role := range []string{
		"on-call", "incident-commander", "technical-lead", "communications-lead", "business-continuity-manager", "management",
		"customer-success", "key-customers", "status-page", "customers", "stakeholders",
	} {
		for field, shape := range map[string]Shape{
			"topic": topicShape, "email": emailShape, "webhook.url": endpointShape, "webhook.secret": regionalShape,
			"statusPage.url": endpointShape, "statusPage.secret": regionalShape,
		} {
			all["contacts."+role+"."+field] = shape
		}
	}
	for _, side := range []string{"imports.primary.", "imports.recovery."} {
		for field, shape := range map[string]Shape{
			"network.vpc": vpcShape, "network.range": rangeShape, "network.publicSubnets[]": subnetShape, "network.privateSubnets[]": subnetShape,
			"network.databaseSubnets[]": subnetShape, "network.routeTables[]": routeTableShape, "network.databaseACL": aclShape,
			"balancer.listener": listenerShape, "balancer.securityGroup": groupShape, "balancer.name": hostShape, "balancer.hostedZone": zoneShape,
			"cluster.name": clusterShape, "cluster.services[].name": serviceShape, "cluster.services[].service": clusterShape, "cluster.services[].logGroup": logGroupShape, "cluster.taskRoles[]": roleShape,
			"database": instanceShape, "files": filesShape, "data": existingBucketShape, "images[].name": serviceShape, "images[].repository": repositoryShape,
		} {
			all[side+field] = shape
		}
	}
	return all
}

var compiled = compile()

func compile() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for _, shape := range Shapes() {
		all[shape.Pattern] = regexp.MustCompile(shape.Pattern)
	}
	return all
}

// Fits tells whether a text has the shape.
func (s Shape) Fits(text string) bool {
	return len(text) <= s.Longest && compiled[s.Pattern].MatchString(text)
}
