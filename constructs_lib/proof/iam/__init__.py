"""The policy language of IAM: parsing, matching, and the evaluation of one request."""
