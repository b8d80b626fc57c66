// The same policies in JavaScript: `node cases.cjs WAY COUNT`, with CDK on NODE_PATH.
const cdk = require('aws-cdk-lib');
const iam = require('aws-cdk-lib/aws-iam');

const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const PER_ROLE = 10;

const ways = {
  'JavaScript L1': (stack, number) => {
    const arn = {
      'Fn::Sub': 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:' +
        `secret:team/db-${number}-??????`,
    };
    new iam.CfnManagedPolicy(stack, `Policy${number}`, {
      roles: [`app-${Math.floor(number / PER_ROLE)}`],
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'ReadSecretValue',
            Effect: 'Allow',
            Action: 'secretsmanager:GetSecretValue',
            Resource: arn,
          },
          {
            Sid: 'DecryptSecretValue',
            Effect: 'Allow',
            Action: 'kms:Decrypt',
            Resource: KEY_ARN,
            Condition: {
              StringEquals: {
                'kms:ViaService': { 'Fn::Sub': 'secretsmanager.${AWS::Region}.${AWS::URLSuffix}' },
              },
              StringLike: { 'kms:EncryptionContext:SecretARN': arn },
            },
          },
        ],
      },
    });
  },
  'JavaScript L2': (stack, number, role) => {
    const arn = stack.formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `team/db-${number}-??????`,
      arnFormat: cdk.ArnFormat.COLON_RESOURCE_NAME,
    });
    new iam.ManagedPolicy(stack, `Policy${number}`, {
      roles: [role],
      statements: [
        new iam.PolicyStatement({
          sid: 'ReadSecretValue',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [arn],
        }),
        new iam.PolicyStatement({
          sid: 'DecryptSecretValue',
          actions: ['kms:Decrypt'],
          resources: [KEY_ARN],
          conditions: {
            StringEquals: { 'kms:ViaService': `secretsmanager.${stack.region}.${stack.urlSuffix}` },
            StringLike: { 'kms:EncryptionContext:SecretARN': arn },
          },
        }),
      ],
    });
  },
};

const [way, count] = process.argv.slice(2);
const app = new cdk.App({ builtinCloudFormationValidation: false });
const stack = new cdk.Stack(app, 'Stack');
let role;
for (let number = 0; number < Number(count); number++) {
  if (number % PER_ROLE === 0) {
    role = iam.Role.fromRoleName(stack, `Role${number}`, `app-${number / PER_ROLE}`);
  }
  ways[way](stack, number, role);
}
app.synth();
