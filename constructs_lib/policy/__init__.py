"""The statements of a policy and the documents that they become, without CDK."""
